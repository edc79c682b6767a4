package main

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// manifest lists the bodies of a directory, as bench/load/bodies.ts wrote it.
type manifest struct {
	ContentType string `json:"contentType"`
	Bodies      []struct {
		File  string `json:"file"`
		Spans int    `json:"spans"`
		// Offsets of ids in binary form (four bytes of each) and in hex form (eight digits of each).
		Raw []int `json:"raw"`
		Hex []int `json:"hex"`
		// What copies of live traffic replace; nil for other traffic.
		Live *live `json:"live"`
	} `json:"bodies"`
}

// live says where a body names owners (conversations, sessions, users) and times, and which trace an owner belongs to.
type live struct {
	Owners   int   `json:"owners"`
	Slots    int   `json:"slots"`
	At       []int `json:"at"`
	Slot     []int `json:"slot"`
	Times    []int `json:"times"`
	LatestMs int64 `json:"latestMs"`
	// Those of the template, ns since the epoch.
	times []uint64
}

const ownerDigits = 12

type body struct {
	bytes []byte
	spans int
	raw   []int
	hex   []int
	live  *live
}

func readBodies(dir string) ([]body, string, error) {
	text, err := os.ReadFile(filepath.Join(dir, "bodies.json"))
	if err != nil {
		return nil, "", err
	}
	var list manifest
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, "", err
	}
	bodies := make([]body, 0, len(list.Bodies))
	for _, entry := range list.Bodies {
		content, err := os.ReadFile(filepath.Join(dir, entry.File))
		if err != nil {
			return nil, "", err
		}
		for _, at := range entry.Raw {
			if at < 0 || at+4 > len(content) {
				return nil, "", fmt.Errorf("%s: raw id offset %d is outside", entry.File, at)
			}
		}
		for _, at := range entry.Hex {
			if at < 0 || at+8 > len(content) {
				return nil, "", fmt.Errorf("%s: hex id offset %d is outside", entry.File, at)
			}
		}
		if entry.Live != nil {
			if err := entry.Live.check(content); err != nil {
				return nil, "", fmt.Errorf("%s: %w", entry.File, err)
			}
		}
		bodies = append(bodies, body{content, entry.Spans, entry.Raw, entry.Hex, entry.Live})
	}
	if len(bodies) == 0 {
		return nil, "", fmt.Errorf("%s holds no bodies", dir)
	}
	return bodies, list.ContentType, nil
}

// stampWord is the first 32 bits of all ids of copy n. bench/traffic/stamp.ts computes the same.
func stampWord(n uint32) uint32 { return (n + 1) * 0x9e3779b1 }

// restamp overwrites the ids in place, so that the receiver does not take the copy for a re-send.
func (b *body) restamp(n uint32) {
	const digits = "0123456789abcdef"
	word := stampWord(n)
	for _, at := range b.raw {
		b.bytes[at] = byte(word >> 24)
		b.bytes[at+1] = byte(word >> 16)
		b.bytes[at+2] = byte(word >> 8)
		b.bytes[at+3] = byte(word)
	}
	var hex [8]byte
	for i := range hex {
		hex[i] = digits[word>>(28-4*i)&15]
	}
	for _, at := range b.hex {
		copy(b.bytes[at:], hex[:])
	}
	if b.live != nil {
		b.live.restamp(b.bytes, n, time.Now())
	}
}

func (l *live) check(content []byte) error {
	if l.Owners < 1 || len(l.At) != len(l.Slot) {
		return fmt.Errorf("bad owners")
	}
	for _, at := range l.At {
		if at < 0 || at+ownerDigits > len(content) {
			return fmt.Errorf("owner offset %d is outside", at)
		}
	}
	for _, at := range l.Times {
		if at < 0 || at+8 > len(content) {
			return fmt.Errorf("time offset %d is outside", at)
		}
		l.times = append(l.times, binary.LittleEndian.Uint64(content[at:]))
	}
	return nil
}

// ownerOf is the owner of a trace of copy n. bench/traffic/stamp.ts computes the same.
func (l *live) ownerOf(n uint32, slot int) uint64 {
	owners := uint64(l.Owners)
	return (uint64(n)*uint64(l.Slots) + uint64(slot)) % owners * (2_654_435_761 % owners) % owners
}

// restamp writes the owners of copy n, and moves the times so that the latest is now.
func (l *live) restamp(bytes []byte, n uint32, now time.Time) {
	const digits = "0123456789abcdef"
	for i, at := range l.At {
		owner := l.ownerOf(n, l.Slot[i])
		for d := range ownerDigits {
			bytes[at+d] = digits[owner>>(4*(ownerDigits-1-d))&15]
		}
	}
	shift := uint64((now.UnixMilli() - l.LatestMs) * 1_000_000)
	for i, at := range l.Times {
		binary.LittleEndian.PutUint64(bytes[at:], l.times[i]+shift)
	}
}

// clone gives a sender its own copy of the body, in which it can overwrite the ids.
func (b *body) clone() body {
	return body{bytes.Clone(b.bytes), b.spans, b.raw, b.hex, b.live}
}

// compressed is a gzip body. Ids cannot be changed in it, so different ones are made before the clock starts.
type compressed struct {
	bytes []byte
	spans int
}

func compressPool(bodies []body, count int, firstCopy uint32, level int) ([]compressed, error) {
	pool := make([]compressed, count)
	workers := runtime.NumCPU()
	errs := make([]error, workers)
	var group sync.WaitGroup
	for w := 0; w < workers; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := w; i < count; i += workers {
				own := bodies[i%len(bodies)].clone()
				own.restamp(firstCopy + uint32(i))
				packed, err := compress(own.bytes, level)
				if err != nil {
					errs[w] = err
					return
				}
				pool[i] = compressed{packed, own.spans}
			}
		}()
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return pool, nil
}

func compress(plain []byte, level int) ([]byte, error) {
	var out bytes.Buffer
	writer, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		return nil, err
	}
	if _, err := writer.Write(plain); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
