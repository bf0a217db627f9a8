// The reference's wire, by hand, on the framing library that it uses itself.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/moby/spdystream"
)

// Ext is an extension as it stands in a message.
type Ext struct {
	Code int
	Data []byte
}

// Session opens streams, and finds those that the peer opened.
type Session struct {
	conn    *spdystream.Connection
	raw     net.Conn
	next    uint64
	lock    sync.Mutex
	changed *sync.Cond
	peers   map[uint64]*spdystream.Stream
	top     chan *spdystream.Stream
	writes  sync.Mutex
}

func newSession(raw net.Conn, server bool) *Session {
	conn, err := spdystream.NewConnection(raw, server)
	check(err)
	s := &Session{conn: conn, raw: raw, next: 1, peers: map[uint64]*spdystream.Stream{},
		top: make(chan *spdystream.Stream, 1000)}
	s.changed = sync.NewCond(&s.lock)
	go func() {
		conn.Serve(s.opened)
		close(s.top)
	}()
	return s
}

// opened is called for each stream of the peer, as the reference's provider is.
func (s *Session) opened(stream *spdystream.Stream) {
	ref, err := strconv.ParseUint(stream.Headers().Get("libchan-ref"), 10, 64)
	if err != nil {
		stream.Reset()
		return
	}
	stream.SendReply(http.Header{":status": {"200"}}, false)
	s.lock.Lock()
	s.peers[ref] = stream
	s.lock.Unlock()
	s.changed.Broadcast()
	parent := stream.Headers().Get("libchan-parent-ref")
	if parent == "" || parent == "0" {
		s.top <- stream
	}
}

// find waits for the stream of a reference.
func (s *Session) find(ref uint64) *spdystream.Stream {
	s.lock.Lock()
	defer s.lock.Unlock()
	for s.peers[ref] == nil {
		s.changed.Wait()
	}
	return s.peers[ref]
}

// open opens a stream; parent "" for a top-level one.
func (s *Session) open(parent string) (*spdystream.Stream, uint64) {
	ref := atomic.AddUint64(&s.next, 1)
	headers := http.Header{"libchan-ref": {strconv.FormatUint(ref, 10)}}
	if parent != "" {
		headers.Set("libchan-parent-ref", parent)
	}
	return s.openWith(headers), ref
}

func (s *Session) openWith(headers http.Header) *spdystream.Stream {
	stream, err := s.conn.CreateStream(headers, nil, false)
	check(err)
	return stream
}

func extension(code int, ref uint64) Ext {
	data := make([]byte, 4)
	binary.BigEndian.PutUint32(data, uint32(ref))
	return Ext{code, data}
}

func (e Ext) ref() uint64 {
	if len(e.Data) == 8 {
		return binary.BigEndian.Uint64(e.Data)
	}
	return uint64(binary.BigEndian.Uint32(e.Data))
}

// encode writes a value as the reference's msgpack library does.
func encode(out *bytes.Buffer, value interface{}) {
	switch v := value.(type) {
	case nil:
		out.WriteByte(0xc0)
	case bool:
		if v {
			out.WriteByte(0xc3)
		} else {
			out.WriteByte(0xc2)
		}
	case int:
		encode(out, int64(v))
	case int64:
		encodeInt(out, v)
	case uint64:
		out.WriteByte(0xcf)
		binary.Write(out, binary.BigEndian, v)
	case float64:
		out.WriteByte(0xcb)
		binary.Write(out, binary.BigEndian, v)
	case string:
		if len(v) < 32 {
			out.WriteByte(0xa0 | byte(len(v)))
		} else {
			out.WriteByte(0xdb)
			binary.Write(out, binary.BigEndian, uint32(len(v)))
		}
		out.WriteString(v)
	case []byte:
		out.WriteByte(0xc6)
		binary.Write(out, binary.BigEndian, uint32(len(v)))
		out.Write(v)
	case []interface{}:
		out.WriteByte(0xdc)
		binary.Write(out, binary.BigEndian, uint16(len(v)))
		for _, one := range v {
			encode(out, one)
		}
	case map[string]interface{}:
		out.WriteByte(0x80 | byte(len(v)))
		for key, one := range v {
			encode(out, key)
			encode(out, one)
		}
	case time.Time:
		out.Write([]byte{0xc7, 12, 6})
		binary.Write(out, binary.BigEndian, v.Unix())
		binary.Write(out, binary.BigEndian, uint32(v.Nanosecond()))
	case Ext:
		out.Write([]byte{0xc7, byte(len(v.Data)), byte(v.Code)})
		out.Write(v.Data)
	default:
		panic(fmt.Sprintf("can't encode %T", value))
	}
}

func encodeInt(out *bytes.Buffer, v int64) {
	switch {
	case v >= -32 && v < 128:
		out.WriteByte(byte(v))
	case v >= math.MinInt8 && v <= math.MaxInt8:
		out.Write([]byte{0xd0, byte(v)})
	case v >= math.MinInt16 && v <= math.MaxInt16:
		out.WriteByte(0xd1)
		binary.Write(out, binary.BigEndian, int16(v))
	case v >= math.MinInt32 && v <= math.MaxInt32:
		out.WriteByte(0xd2)
		binary.Write(out, binary.BigEndian, int32(v))
	default:
		out.WriteByte(0xd3)
		binary.Write(out, binary.BigEndian, v)
	}
}

// reader reads values from a stream, and notes how each was written.
type reader struct {
	in    io.Reader
	codes []string
}

func (r *reader) bytes(count int) []byte {
	data := make([]byte, count)
	if _, err := io.ReadFull(r.in, data); err != nil {
		panic(err)
	}
	return data
}

func (r *reader) number(size int) uint64 {
	var n uint64
	for _, b := range r.bytes(size) {
		n = n<<8 | uint64(b)
	}
	return n
}

// receive reads the next message; io.EOF at the end.
func receive(in io.Reader) (value interface{}, codes []string, err error) {
	defer func() {
		if caught := recover(); caught != nil {
			if failed, is := caught.(error); is {
				err = failed
				return
			}
			panic(caught)
		}
	}()
	r := &reader{in: in}
	value = r.value()
	return value, r.codes, nil
}

func (r *reader) value() interface{} {
	code := int(r.bytes(1)[0])
	r.codes = append(r.codes, fmt.Sprintf("%02x", code))
	switch {
	case code < 0x80 || code >= 0xe0:
		return int64(int8(code))
	case code < 0x90:
		return r.dict(code & 15)
	case code < 0xa0:
		return r.list(code & 15)
	case code < 0xc0:
		return string(r.bytes(code & 31))
	}
	switch code {
	case 0xc0:
		return nil
	case 0xc2, 0xc3:
		return code == 0xc3
	case 0xc4, 0xc5, 0xc6:
		return r.bytes(int(r.number(1 << (code - 0xc4))))
	case 0xc7:
		return r.ext(int(r.number(1)))
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return r.ext(1 << (code - 0xd4))
	case 0xcb:
		return math.Float64frombits(r.number(8))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return r.number(1 << (code - 0xcc))
	case 0xd0:
		return int64(int8(r.number(1)))
	case 0xd1:
		return int64(int16(r.number(2)))
	case 0xd2:
		return int64(int32(r.number(4)))
	case 0xd3:
		return int64(r.number(8))
	case 0xd9, 0xda, 0xdb:
		return string(r.bytes(int(r.number(1 << (code - 0xd9)))))
	case 0xdc, 0xdd:
		return r.list(int(r.number(2 << (code - 0xdc))))
	case 0xde, 0xdf:
		return r.dict(int(r.number(2 << (code - 0xde))))
	}
	panic(fmt.Errorf("code %02x", code))
}

func (r *reader) dict(count int) interface{} {
	found := map[string]interface{}{}
	for i := 0; i < count; i++ {
		key := r.value().(string)
		found[key] = r.value()
	}
	return found
}

func (r *reader) list(count int) interface{} {
	found := []interface{}{}
	for i := 0; i < count; i++ {
		found = append(found, r.value())
	}
	return found
}

func (r *reader) ext(size int) interface{} {
	code := int(r.number(1))
	data := r.bytes(size)
	if code == 6 {
		return time.Unix(int64(binary.BigEndian.Uint64(data)), int64(binary.BigEndian.Uint32(data[8:])))
	}
	return Ext{code, data}
}

// describe tells a value in one line, whatever the order of a map's keys.
func describe(value interface{}) string {
	switch v := value.(type) {
	case map[string]interface{}:
		parts := []string{}
		for key, one := range v {
			parts = append(parts, key+"="+describe(one))
		}
		sort.Strings(parts)
		return "{" + strings.Join(parts, " ") + "}"
	case []interface{}:
		parts := []string{}
		for _, one := range v {
			parts = append(parts, describe(one))
		}
		return "[" + strings.Join(parts, " ") + "]"
	case []byte:
		return fmt.Sprintf("bin:%x", v)
	case time.Time:
		return fmt.Sprintf("time:%d.%09d", v.Unix(), v.Nanosecond())
	case Ext:
		return fmt.Sprintf("ext%d:%d", v.Code, len(v.Data))
	case nil:
		return "nil"
	}
	return fmt.Sprintf("%v", value)
}
