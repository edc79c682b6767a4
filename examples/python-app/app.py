"""An app that knows nothing of telemetry: `opentelemetry-instrument python app.py` adds it."""

from openai import OpenAI

client = OpenAI()

for question in ("How warm is it in Lisbon?", "And in Porto? Write to jane.doe@acme-corp.com."):
    completion = client.chat.completions.create(
        model="gpt-4o-mini",
        messages=[
            {"role": "system", "content": "You know the weather."},
            {"role": "user", "content": question},
        ],
    )
    print("model:", completion.choices[0].message.content)
