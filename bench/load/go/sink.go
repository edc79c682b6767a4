package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// sink reads requests, counts them and discards them. It takes the place of a store or of another collector.
type sink struct {
	requests atomic.Int64
	bytes    atomic.Int64
	// Spans in uncompressed OTLP protobuf. Gzip bodies are not decompressed, to save CPU.
	spans   atomic.Int64
	inserts atomic.Int64
	queries atomic.Int64
	buffers sync.Pool
}

var (
	formatClause = regexp.MustCompile(`(?i)\bFORMAT\s+(\w+)\s*;?\s*$`)
	insertQuery  = regexp.MustCompile(`(?is)^\s*INSERT\b`)
)

func runSink(listen string) error {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return err
	}
	ip, err := loopbackIP(host)
	if err != nil {
		return err
	}
	socket, err := net.Listen("tcp", net.JoinHostPort(ip, port))
	if err != nil {
		return err
	}
	s := &sink{buffers: sync.Pool{New: func() any { b := make([]byte, 1<<18); return &b }}}
	mux := http.NewServeMux()
	for _, path := range []string{"/v1/traces", "/v1/logs", "/v1/metrics"} {
		mux.HandleFunc(path, s.otlp)
	}
	mux.HandleFunc("/stats", s.stats)
	mux.HandleFunc("/ping", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "Ok.\n") })
	mux.HandleFunc("/", s.clickhouse)
	// The parent process waits for this line.
	fmt.Printf("listening on %s\n", socket.Addr())
	return http.Serve(socket, mux)
}

func (s *sink) otlp(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	plain := r.Header.Get("Content-Encoding") == "" && strings.Contains(r.Header.Get("Content-Type"), "protobuf")
	if plain && r.URL.Path == "/v1/traces" {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.bytes.Add(int64(len(content)))
		s.spans.Add(int64(countSpans(content)))
	} else {
		s.discard(r.Body)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// clickhouse answers like the HTTP interface of ClickHouse, as far as INSERTs and the start of a client need it. The
// statement is in the query parameter or at the beginning of the body.
func (s *sink) clickhouse(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	query := r.URL.Query().Get("query")
	if query == "" {
		head := make([]byte, 8192)
		n, _ := io.ReadFull(r.Body, head)
		s.bytes.Add(int64(n))
		query = string(head[:n])
	}
	s.discard(r.Body)
	w.Header().Set("X-ClickHouse-Query-Id", r.URL.Query().Get("query_id"))
	w.Header().Set("X-ClickHouse-Server-Display-Name", "sink")
	if insertQuery.MatchString(query) {
		s.inserts.Add(1)
		w.Header().Set("X-ClickHouse-Summary", `{"read_rows":"0","read_bytes":"0","written_rows":"0","written_bytes":"0","total_rows_to_read":"0","result_rows":"0","result_bytes":"0"}`)
		return
	}
	s.queries.Add(1)
	io.WriteString(w, emptyAnswer(query, r.URL.Query().Get("default_format")))
}

// emptyAnswer is a result without rows, or the server's version, in the requested format.
func emptyAnswer(query, defaultFormat string) string {
	format := defaultFormat
	if clause := formatClause.FindStringSubmatch(query); clause != nil {
		format = clause[1]
	}
	version := strings.Contains(strings.ToLower(query), "version()")
	switch {
	case format == "JSON" && version:
		return `{"meta":[{"name":"version","type":"String"}],"data":[{"version":"25.8.1.1"}],"rows":1}` + "\n"
	case format == "JSON":
		return `{"meta":[],"data":[],"rows":0}` + "\n"
	case format == "JSONEachRow" && version:
		return `{"version":"25.8.1.1"}` + "\n"
	case version:
		return "25.8.1.1\n"
	}
	return ""
}

func (s *sink) discard(from io.Reader) {
	buffer := s.buffers.Get().(*[]byte)
	defer s.buffers.Put(buffer)
	for {
		n, err := from.Read(*buffer)
		s.bytes.Add(int64(n))
		if err != nil {
			return
		}
	}
}

func (s *sink) stats(w http.ResponseWriter, _ *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]int64{
		"requests": s.requests.Load(),
		"bytes":    s.bytes.Load(),
		"spans":    s.spans.Load(),
		"inserts":  s.inserts.Load(),
		"queries":  s.queries.Load(),
	})
}
