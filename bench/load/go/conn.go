package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// conn is one keep-alive connection that sends a request with a single writev.
type conn struct {
	to      target
	head    string
	timeout time.Duration
	socket  net.Conn
	reader  *bufio.Reader
	buffer  []byte
}

// answer is the part of a response that the client needs.
type answer struct {
	status        int
	retryAfterS   float64
	rejectedSpans int
}

func newConn(to target, contentType, encoding string, headers []string, timeout time.Duration) *conn {
	head := "POST " + to.path + " HTTP/1.1\r\nHost: " + to.host + "\r\nContent-Type: " + contentType + "\r\n"
	if encoding != "" {
		head += "Content-Encoding: " + encoding + "\r\n"
	}
	for _, header := range headers {
		head += header + "\r\n"
	}
	return &conn{to: to, head: head + "Content-Length: ", timeout: timeout}
}

func (c *conn) post(payload []byte) (answer, error) {
	if c.socket == nil {
		socket, err := net.DialTimeout("tcp", c.to.address, c.timeout)
		if err != nil {
			return answer{}, err
		}
		c.socket = socket
		c.reader = bufio.NewReaderSize(socket, 4096)
	}
	result, keep, err := c.exchange(payload)
	if err != nil || !keep {
		c.close()
	}
	return result, err
}

func (c *conn) exchange(payload []byte) (answer, bool, error) {
	if err := c.socket.SetDeadline(time.Now().Add(c.timeout)); err != nil {
		return answer{}, false, err
	}
	c.buffer = append(c.buffer[:0], c.head...)
	c.buffer = strconv.AppendInt(c.buffer, int64(len(payload)), 10)
	c.buffer = append(c.buffer, "\r\n\r\n"...)
	parts := net.Buffers{c.buffer, payload}
	if _, err := parts.WriteTo(c.socket); err != nil {
		return answer{}, false, err
	}
	response, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return answer{}, false, err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return answer{}, false, err
	}
	response.Body.Close()
	result := answer{status: response.StatusCode}
	if seconds, err := strconv.ParseFloat(response.Header.Get("Retry-After"), 64); err == nil {
		result.retryAfterS = seconds
	}
	if result.status == http.StatusOK {
		result.rejectedSpans = rejectedSpans(content, response.Header.Get("Content-Type"))
	}
	return result, !response.Close, nil
}

func (c *conn) close() {
	if c.socket != nil {
		c.socket.Close()
		c.socket = nil
	}
}

// rejectedSpans reads rejected_spans from a response: ExportTraceServiceResponse { ExportTracePartialSuccess = 1 {
// rejected_spans = 1 } }.
func rejectedSpans(content []byte, contentType string) int {
	if len(content) == 0 {
		return 0
	}
	if strings.Contains(contentType, "json") {
		var parsed struct {
			PartialSuccess struct {
				RejectedSpans json.Number `json:"rejectedSpans"`
			} `json:"partialSuccess"`
			Rejected int `json:"rejected"`
		}
		if json.Unmarshal(content, &parsed) != nil {
			return 0
		}
		rejected, _ := strconv.Atoi(parsed.PartialSuccess.RejectedSpans.String())
		return rejected + parsed.Rejected
	}
	rejected := 0
	eachField(content, func(field int, value []byte, _ uint64) {
		if field == 1 && value != nil {
			eachField(value, func(inner int, _ []byte, number uint64) {
				if inner == 1 {
					rejected = int(number)
				}
			})
		}
	})
	return rejected
}
