// `npm run interop`: the unmodified OTLP exporters of Python and Go, over HTTP and gRPC, against a real instance. A language
// whose toolchain is missing is skipped with a message. Not part of `npm test`, because it installs packages of other
// languages.

import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Instance } from '../instance.ts'
import { CLIENTS, hasTool, runClient, sh } from './clients.ts'

interface Language {
  readonly name: string
  /** The command that must be installed. */
  readonly tool: string
  /** Installs and runs the client in `dir`. It sends 20 spans named `interop <name>`. */
  readonly run: (dir: string, endpoints: Endpoints) => Promise<void>
}

/** Environment variables that tell a client where to send. */
type Endpoints = Record<'OTEL_EXPORTER_OTLP_ENDPOINT' | 'GRPC_ENDPOINT', string>

const SPANS = 20

const PYTHON = `
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
import os
import grpc
from opentelemetry.exporter.otlp.proto.http import trace_exporter as http
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as over_grpc
exporters = [
    http.OTLPSpanExporter(compression=http.Compression.NoCompression),
    http.OTLPSpanExporter(compression=http.Compression.Gzip),
    over_grpc.OTLPSpanExporter(endpoint=os.environ["GRPC_ENDPOINT"]),
    over_grpc.OTLPSpanExporter(endpoint=os.environ["GRPC_ENDPOINT"], compression=grpc.Compression.Gzip),
]
for exporter in exporters:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("interop")
    for i in range(${SPANS / 4}):
        with tracer.start_as_current_span("interop python") as span:
            span.set_attribute("gen_ai.usage.input_tokens", i)
    provider.shutdown()
`

const GO = `package main

import (
	"context"
	"os"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdk "go.opentelemetry.io/otel/sdk/trace"
)

func main() {
	ctx := context.Background()
	grpcURL := otlptracegrpc.WithEndpointURL(os.Getenv("GRPC_ENDPOINT"))
	clients := []otlptrace.Client{
		otlptracehttp.NewClient(otlptracehttp.WithCompression(otlptracehttp.NoCompression)),
		otlptracehttp.NewClient(otlptracehttp.WithCompression(otlptracehttp.GzipCompression)),
		otlptracegrpc.NewClient(grpcURL),
		otlptracegrpc.NewClient(grpcURL, otlptracegrpc.WithCompressor("gzip")),
	}
	for _, client := range clients {
		exporter, err := otlptrace.New(ctx, client)
		if err != nil {
			panic(err)
		}
		provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter))
		tracer := provider.Tracer("interop")
		for i := 0; i < ${SPANS / 4}; i++ {
			_, span := tracer.Start(ctx, "interop go")
			span.SetAttributes(attribute.Int("gen_ai.usage.input_tokens", i))
			span.End()
		}
		if err := provider.Shutdown(ctx); err != nil {
			panic(err)
		}
	}
}
`

const languages: readonly Language[] = [
  {
    name: 'python',
    tool: 'python3',
    run: async (dir, endpoints) => {
      await sh('python3', ['-m', 'venv', 'venv'], dir)
      const pip = [
        '-m',
        'pip',
        'install',
        '-q',
        'opentelemetry-sdk',
        'opentelemetry-exporter-otlp-proto-http',
        'opentelemetry-exporter-otlp-proto-grpc',
      ]
      await sh('venv/bin/python', pip, dir)
      writeFileSync(join(dir, 'main.py'), PYTHON)
      await sh('venv/bin/python', ['main.py'], dir, endpoints)
    },
  },
  {
    name: 'go',
    tool: 'go',
    run: async (dir, endpoints) => {
      writeFileSync(join(dir, 'main.go'), GO)
      await sh('go', ['mod', 'init', 'interop'], dir)
      await sh('go', ['mod', 'tidy'], dir, { GOFLAGS: '-mod=mod' })
      await sh('go', ['run', '.'], dir, endpoints)
    },
  },
]

const only = process.argv.slice(2)
const isAsked = (name: string): boolean => only.length === 0 || only.includes(name)

const counts = { passed: 0, failed: 0, skipped: 0 }
const instance = await Instance.start()
const work = mkdtempSync(join(tmpdir(), 'observa-interop-'))
try {
  for (const language of languages.filter(({ name }) => isAsked(name))) {
    if (!hasTool(language.tool)) {
      process.stdout.write(
        `SKIPPED ${language.name}: there is no ${language.tool} on this machine\n`,
      )
      counts.skipped++
      continue
    }
    try {
      const dir = join(work, language.name)
      mkdirSync(dir)
      await language.run(dir, {
        OTEL_EXPORTER_OTLP_ENDPOINT: instance.url(''),
        GRPC_ENDPOINT: instance.url('', 'grpc'),
      })
      await instance.drained()
      const name = `interop ${language.name}`
      const events = (await instance.events()).filter((e) => e['name'] === name)
      assert.equal(
        events.length,
        SPANS,
        `${language.name}: ${events.length} of ${SPANS} spans stored`,
      )
      process.stdout.write(
        `ok ${language.name}: ${SPANS} spans over HTTP and gRPC, plain and gzip\n`,
      )
      counts.passed++
    } catch (thrown) {
      process.stdout.write(`FAIL ${language.name}: ${String(thrown)}\n`)
      counts.failed++
    }
  }
  for (const client of CLIENTS.filter(({ name }) => isAsked(name))) {
    const outcome = await runClient(client, instance, join(work, `client-${client.name}`))
    process.stdout.write(`${outcome.text}\n`)
    counts[outcome.kind]++
  }
} finally {
  await instance.stop()
  rmSync(work, { recursive: true, force: true })
}
const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed${skipped}\n`)
process.exitCode = counts.failed > 0 ? 1 : 0
