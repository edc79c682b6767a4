// Calls of a model, each in a span of the conventions within the span of an agent, exported over gRPC.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const failing = "gpt-4o-overloaded"

type answer struct {
	ID    string
	Usage struct {
		PromptTokens     int64 `json:"prompt_tokens"`
		CompletionTokens int64 `json:"completion_tokens"`
		Prompt           struct {
			Cached int64 `json:"cached_tokens"`
		} `json:"prompt_tokens_details"`
		Completion struct {
			Reasoning int64 `json:"reasoning_tokens"`
		} `json:"completion_tokens_details"`
	}
}

func ask(model string) (answer, error) {
	var said answer
	body, _ := json.Marshal(map[string]any{
		"model":    model,
		"messages": []map[string]string{{"role": "user", "content": "How warm is it in Lisbon?"}},
	})
	response, err := http.Post(os.Getenv("LLM_URL")+"/chat/completions", "application/json", bytes.NewReader(body))
	if err != nil {
		return said, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return said, fmt.Errorf("status %d", response.StatusCode)
	}
	return said, json.NewDecoder(response.Body).Decode(&said)
}

func chat(ctx context.Context, tracer trace.Tracer, model string) {
	_, span := tracer.Start(ctx, "chat "+model, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("gen_ai.operation.name", "chat"),
		attribute.String("gen_ai.provider.name", "openai"),
		attribute.String("gen_ai.request.model", model)))
	defer span.End()
	said, err := ask(model)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
		return
	}
	span.SetAttributes(
		attribute.String("gen_ai.response.id", said.ID),
		attribute.Int64("gen_ai.usage.input_tokens", said.Usage.PromptTokens),
		attribute.Int64("gen_ai.usage.output_tokens", said.Usage.CompletionTokens),
		attribute.Int64("gen_ai.usage.cache_read.input_tokens", said.Usage.Prompt.Cached),
		attribute.Int64("gen_ai.usage.reasoning.output_tokens", said.Usage.Completion.Reasoning))
}

func main() {
	ctx := context.Background()
	exporter, err := otlptracegrpc.New(ctx,
		otlptracegrpc.WithEndpointURL(os.Getenv("GRPC_ENDPOINT")), otlptracegrpc.WithCompressor("gzip"))
	if err != nil {
		panic(err)
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
	tracer := provider.Tracer("interop")
	run, agent := tracer.Start(ctx, "invoke_agent weather", trace.WithAttributes(
		attribute.String("gen_ai.operation.name", "invoke_agent")))
	chat(run, tracer, "gpt-4o")
	chat(run, tracer, "gpt-4o-mini")
	agent.End()
	chat(ctx, tracer, failing)
	if err := provider.Shutdown(ctx); err != nil {
		panic(err)
	}
}
