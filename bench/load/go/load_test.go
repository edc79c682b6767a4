package main

import (
	"testing"
	"time"
)

func TestOnlyLoopbackTargetsAreAllowed(t *testing.T) {
	for _, raw := range []string{"http://127.0.0.1:4318/v1/traces", "http://localhost:1/x", "http://[::1]:80/"} {
		if _, err := parseTarget(raw); err != nil {
			t.Errorf("%s was refused: %v", raw, err)
		}
	}
	for _, raw := range []string{"http://10.0.0.1/", "http://example.com/", "https://127.0.0.1/", "http://0.0.0.0:4318/"} {
		if _, err := parseTarget(raw); err == nil {
			t.Errorf("%s was allowed", raw)
		}
	}
}

func TestRejectedSpansAreReadFromBothEncodings(t *testing.T) {
	protobuf := []byte{0x0a, 0x03, 0x08, 0xac, 0x02}
	if got := rejectedSpans(protobuf, "application/x-protobuf"); got != 300 {
		t.Errorf("protobuf: %d", got)
	}
	for _, text := range []string{`{"partialSuccess":{"rejectedSpans":"7"}}`, `{"partialSuccess":{"rejectedSpans":7}}`} {
		if got := rejectedSpans([]byte(text), "application/json"); got != 7 {
			t.Errorf("%s: %d", text, got)
		}
	}
}

func TestPercentilesTakeTheSampleAtTheirRank(t *testing.T) {
	all := make([]time.Duration, 200)
	for i := range all {
		all[i] = time.Duration(200-i) * time.Millisecond
	}
	got := percentilesOf(all)
	if got.P50 != 100 || got.P95 != 190 || got.P99 != 198 || got.Max != 200 {
		t.Errorf("%+v", got)
	}
}
