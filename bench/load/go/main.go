// Command load is the load client and the sink of the benchmarks. It uses only the standard library. It is written in Go for
// two reasons: a client in the language of the measured program would share its bottlenecks, and Node's HTTP client uses more
// CPU for each request than the server under test.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime/debug"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: load client|sink [flags]"))
	}
	switch os.Args[1] {
	case "client":
		// The heap consists almost only of the bodies; collecting it often would waste CPU that the measured program needs.
		debug.SetGCPercent(400)
		options, err := parseClientFlags(os.Args[2:])
		if err != nil {
			fail(err)
		}
		report, err := runClient(options)
		if err != nil {
			fail(err)
		}
		if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
			fail(err)
		}
	case "sink":
		flags := flag.NewFlagSet("sink", flag.ExitOnError)
		listen := flags.String("listen", "127.0.0.1:0", "loopback address to listen on; port 0 picks one")
		_ = flags.Parse(os.Args[2:])
		if err := runSink(*listen); err != nil {
			fail(err)
		}
	default:
		fail(fmt.Errorf("unknown mode %q", os.Args[1]))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(1)
}

// target is a URL, split for writing requests, that is known to be on this machine.
type target struct {
	address string
	host    string
	path    string
}

// parseTarget accepts only plain HTTP to a loopback address, because the load could harm another server.
func parseTarget(raw string) (target, error) {
	parsed, err := url.Parse(raw)
	if err != nil {
		return target{}, err
	}
	if parsed.Scheme != "http" {
		return target{}, fmt.Errorf("only http:// targets are possible, not %q", raw)
	}
	port := parsed.Port()
	if port == "" {
		port = "80"
	}
	ip, err := loopbackIP(parsed.Hostname())
	if err != nil {
		return target{}, err
	}
	return target{net.JoinHostPort(ip, port), parsed.Host, parsed.RequestURI()}, nil
}

func loopbackIP(host string) (string, error) {
	if host == "localhost" {
		return "127.0.0.1", nil
	}
	ip := net.ParseIP(host)
	if ip == nil || !ip.IsLoopback() {
		return "", fmt.Errorf("%q is not a loopback address; only loopback is allowed", host)
	}
	return ip.String(), nil
}
