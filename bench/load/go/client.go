package main

import (
	"flag"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

type clientOptions struct {
	to          target
	dir         string
	mode        string
	rate        float64
	connections int
	duration    time.Duration
	requests    int64
	gzip        bool
	pool        int
	retry       bool
	firstCopy   uint
	timeout     time.Duration
	headers     []string
}

func parseClientFlags(args []string) (clientOptions, error) {
	var o clientOptions
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	raw := flags.String("url", "", "where to POST; loopback only")
	flags.StringVar(&o.dir, "dir", "", "directory with bodies.json")
	flags.StringVar(&o.mode, "mode", "closed", "closed: as fast as answers come; open: at -rate whatever the answers do")
	flags.Float64Var(&o.rate, "rate", 0, "spans a second (open)")
	flags.IntVar(&o.connections, "connections", 8, "connections, each with one request at a time")
	flags.DurationVar(&o.duration, "duration", 6*time.Second, "how long requests are started")
	flags.Int64Var(&o.requests, "requests", 0, "stop after this many requests, 0: no limit")
	flags.BoolVar(&o.gzip, "gzip", false, "send gzip")
	flags.IntVar(&o.pool, "pool", 2000, "distinct gzip bodies made before the clock starts")
	flags.BoolVar(&o.retry, "retry", false, "send a request answered 429 or 503 again after Retry-After")
	flags.UintVar(&o.firstCopy, "first-copy", 0, "number of the first copy: runs against one instance must not overlap")
	flags.DurationVar(&o.timeout, "timeout", 60*time.Second, "of one exchange")
	header := flags.String("headers", "", "further headers, 'Name: value' separated by |")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *header != "" {
		o.headers = strings.Split(*header, "|")
	}
	if o.mode != "closed" && o.mode != "open" {
		return o, fmt.Errorf("unknown -mode %q", o.mode)
	}
	if o.mode == "open" && o.rate <= 0 {
		return o, fmt.Errorf("-mode open needs -rate")
	}
	to, err := parseTarget(*raw)
	o.to = to
	return o, err
}

// source hands out bodies to send, each copy with its own ids.
type source struct {
	bodies    []body
	pool      []compressed
	gzip      bool
	firstCopy uint32
	next      atomic.Int64
	onTheFly  atomic.Int64
}

// schedule says when request k of an open loop must be sent.
type schedule struct {
	start    time.Time
	interval time.Duration
}

func runClient(o clientOptions) (*report, error) {
	bodies, contentType, err := readBodies(o.dir)
	if err != nil {
		return nil, err
	}
	from := &source{bodies: bodies, gzip: o.gzip, firstCopy: uint32(o.firstCopy)}
	if o.gzip {
		// Level 6 is what OTLP exporters use.
		if from.pool, err = compressPool(bodies, poolSize(o, bodies), from.firstCopy, 6); err != nil {
			return nil, err
		}
	}
	encoding := ""
	if o.gzip {
		encoding = "gzip"
	}
	cpuBefore := cpuSeconds()
	start := time.Now()
	plan := schedule{start: start}
	if o.mode == "open" {
		plan.interval = time.Duration(float64(time.Second) * float64(bodies[0].spans) / o.rate)
	}
	tallies := make([]*tally, o.connections)
	var group sync.WaitGroup
	for i := range tallies {
		tallies[i] = newTally()
		group.Add(1)
		go func() {
			defer group.Done()
			link := newConn(o.to, contentType, encoding, o.headers, o.timeout)
			defer link.close()
			sendLoop(o, from, plan, link, tallies[i])
		}()
	}
	group.Wait()
	result := summarize(tallies, time.Since(start))
	result.ClientCPUSeconds = cpuSeconds() - cpuBefore
	result.PreparationCPUSeconds = cpuBefore
	result.Mode, result.Connections, result.Gzip = o.mode, o.connections, o.gzip
	result.GzipOnTheFly = from.onTheFly.Load()
	result.Copies = from.next.Load()
	return result, nil
}

func poolSize(o clientOptions, bodies []body) int {
	size := int64(o.pool)
	if o.mode == "open" {
		size = int64(o.rate*o.duration.Seconds()/float64(bodies[0].spans)) + 1
	}
	if o.requests > 0 && o.requests < size {
		size = o.requests
	}
	return int(size)
}

func sendLoop(o clientOptions, from *source, plan schedule, link *conn, t *tally) {
	own := map[int]*body{}
	for {
		k := from.next.Add(1) - 1
		if o.requests > 0 && k >= o.requests {
			return
		}
		due := time.Now()
		if plan.interval > 0 {
			due = plan.start.Add(time.Duration(k) * plan.interval)
		}
		if due.Sub(plan.start) >= o.duration {
			return
		}
		// Prepared before waiting, so that writing the ids does not delay the request.
		payload, spans := from.take(k, own)
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		t.delayed(time.Since(due))
		sendOne(o, link, payload, spans, due, t)
	}
}

// sendOne measures latency from the scheduled time, not from the time of sending. Otherwise a stalled server would hide the
// latency of the requests queued up behind it (coordinated omission).
func sendOne(o clientOptions, link *conn, payload []byte, spans int, due time.Time, t *tally) {
	for attempt := 0; ; attempt++ {
		got, err := link.post(payload)
		if err != nil {
			t.failed(err)
			time.Sleep(50 * time.Millisecond) // a dead target must not be hammered
			return
		}
		t.status[got.status]++
		busy := got.status == 429 || got.status == 503
		if busy && o.retry && attempt < 20 {
			t.retries++
			time.Sleep(time.Duration(max(got.retryAfterS, 0.05) * float64(time.Second)))
			continue
		}
		t.done(time.Since(due), got, spans)
		return
	}
}

func (s *source) take(k int64, own map[int]*body) ([]byte, int) {
	if s.gzip && k < int64(len(s.pool)) {
		return s.pool[k].bytes, s.pool[k].spans
	}
	index := int(k % int64(len(s.bodies)))
	mine := own[index]
	if mine == nil {
		// Each connection writes ids into its own copy, so that no body changes while it is being sent.
		copied := s.bodies[index].clone()
		mine = &copied
		own[index] = mine
	}
	mine.restamp(s.firstCopy + uint32(k))
	if !s.gzip {
		return mine.bytes, mine.spans
	}
	s.onTheFly.Add(1)
	packed, err := compress(mine.bytes, 1)
	if err != nil {
		panic(err) // a constant level into memory cannot fail
	}
	return packed, mine.spans
}

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
