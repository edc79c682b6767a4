package main

import (
	"slices"
	"strconv"
	"time"
)

// tally has the counts of one connection. They are merged in the end, so that counting needs no lock.
type tally struct {
	latencies []time.Duration
	lateness  []time.Duration
	status    map[int]int64
	errors    map[string]int64
	accepted  int64
	rejected  int64
	retries   int64
}

type percentiles struct {
	P50  float64 `json:"p50"`
	P95  float64 `json:"p95"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
	Mean float64 `json:"mean"`
}

type report struct {
	Mode        string  `json:"mode"`
	Connections int     `json:"connections"`
	Gzip        bool    `json:"gzip"`
	Seconds     float64 `json:"seconds"`
	Requests    int64   `json:"requests"`
	// Spans in requests that were answered with 200, without those that the answer says were rejected.
	SpansAccepted int64            `json:"spansAccepted"`
	SpansRejected int64            `json:"spansRejected"`
	SpansPerS     float64          `json:"spansPerS"`
	Status        map[string]int64 `json:"status"`
	Errors        map[string]int64 `json:"errors"`
	Retries       int64            `json:"retries"`
	LatencyMs     percentiles      `json:"latencyMs"`
	// How much later than scheduled requests were sent. A large value in an open loop means that all connections were busy.
	LatenessMs       percentiles `json:"latenessMs"`
	ClientCPUSeconds float64     `json:"clientCpuSeconds"`
	// CPU time spent before the clock started, on reading and compressing bodies.
	PreparationCPUSeconds float64 `json:"preparationCpuSeconds"`
	GzipOnTheFly          int64   `json:"gzipOnTheFly"`
	// Number of copies used so far. The next run against the same instance must begin with this number.
	Copies int64 `json:"copies"`
}

func newTally() *tally {
	return &tally{status: map[int]int64{}, errors: map[string]int64{}}
}

func (t *tally) delayed(by time.Duration) { t.lateness = append(t.lateness, by) }

func (t *tally) failed(err error) { t.errors[err.Error()]++ }

func (t *tally) done(took time.Duration, got answer, spans int) {
	t.latencies = append(t.latencies, took)
	if got.status != 200 {
		return
	}
	t.accepted += int64(spans - got.rejectedSpans)
	t.rejected += int64(got.rejectedSpans)
}

func summarize(tallies []*tally, took time.Duration) *report {
	r := &report{Status: map[string]int64{}, Errors: map[string]int64{}, Seconds: took.Seconds()}
	var latencies, lateness []time.Duration
	for _, t := range tallies {
		latencies = append(latencies, t.latencies...)
		lateness = append(lateness, t.lateness...)
		r.SpansAccepted += t.accepted
		r.SpansRejected += t.rejected
		r.Retries += t.retries
		for status, count := range t.status {
			r.Status[strconv.Itoa(status)] += count
			r.Requests += count
		}
		for text, count := range t.errors {
			r.Errors[text] += count
		}
	}
	r.SpansPerS = float64(r.SpansAccepted) / took.Seconds()
	r.LatencyMs = percentilesOf(latencies)
	r.LatenessMs = percentilesOf(lateness)
	return r
}

// percentilesOf returns exact percentiles: the value at rank ceil(p*n) of all samples.
func percentilesOf(all []time.Duration) percentiles {
	if len(all) == 0 {
		return percentiles{}
	}
	slices.Sort(all)
	at := func(perMille int) float64 {
		rank := (len(all)*perMille + 999) / 1000
		return float64(all[max(rank, 1)-1].Microseconds()) / 1000
	}
	var sum time.Duration
	for _, one := range all {
		sum += one
	}
	mean := float64((sum / time.Duration(len(all))).Microseconds()) / 1000
	return percentiles{at(500), at(950), at(990), at(1000), mean}
}
