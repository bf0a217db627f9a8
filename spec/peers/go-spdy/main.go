// A peer of the Go reference's kind: it does what the messages on its channels ask for.
//
//	go-spdy listen ADDR [CERT KEY]
//	go-spdy connect ADDR [tls]
//	go-spdy exec ADDR CMD [ARG...]
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/moby/spdystream"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-spdy:", err)
		os.Exit(1)
	}
}

func main() {
	if os.Args[1] == "exec" {
		raw, err := net.Dial("tcp", os.Args[2])
		check(err)
		os.Exit(remote(newSession(raw, false), os.Args[3], os.Args[4:]))
	}
	// Whoever started this ends its input, or dies: then this ends too.
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if os.Args[1] == "connect" {
		connect(os.Args[2], len(os.Args) > 3)
		return
	}
	listener, err := net.Listen("tcp", os.Args[2])
	check(err)
	fmt.Println(listener.Addr().String())
	if len(os.Args) > 4 {
		pair, err := tls.LoadX509KeyPair(os.Args[3], os.Args[4])
		check(err)
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{pair}})
	}
	for {
		raw, err := listener.Accept()
		check(err)
		go serve(newSession(raw, true))
	}
}

// connect connects anew for each line of input, so that the other side decides when.
func connect(address string, secure bool) {
	for {
		var raw net.Conn
		var err error
		if secure {
			raw, err = tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
		} else {
			raw, err = net.Dial("tcp", address)
		}
		check(err)
		serve(newSession(raw, false))
	}
}

// serve accepts top-level channels eagerly, each on a goroutine, until the session ends.
func serve(s *Session) {
	for stream := range s.top {
		go func(stream *spdystream.Stream) {
			in := bufio.NewReader(stream)
			for {
				message, codes, err := receive(in)
				if err != nil {
					stream.Close()
					return
				}
				request := message.(map[string]interface{})
				go s.do(request, codes)
			}
		}(stream)
	}
}

// channel is the sending half of a channel, with the number that nested streams name.
type channel struct {
	stream *spdystream.Stream
	ref    string
}

func (c channel) send(value interface{}) {
	out := &bytes.Buffer{}
	encode(out, value)
	c.stream.Write(out.Bytes())
}

func (s *Session) do(request map[string]interface{}, codes []string) {
	end := func(name string) *spdystream.Stream {
		if e, is := request[name].(Ext); is {
			return s.find(e.ref())
		}
		return nil
	}
	if request["Cmd"] != nil {
		s.run(request, end)
		return
	}
	reply := channel{}
	if stream := end("Reply"); stream != nil {
		reply = channel{stream, fmt.Sprint(request["Reply"].(Ext).ref())}
	}
	value := request["Value"]
	number, _ := value.(int64)
	switch request["Op"] {
	case "echo":
		reply.send(map[string]interface{}{"Value": value})
	case "describe":
		reply.send(describe(value))
	case "whole":
		reply.send(describe(request))
	case "codes":
		reply.send(fmt.Sprint(codes))
	case "raw": // bytes as they are, each element a DATA frame
		for _, part := range value.([]interface{}) {
			data, _ := hex.DecodeString(part.(string))
			reply.stream.Write(data)
		}
	case "afterfin":
		reply.send(int64(1))
		reply.stream.Close()
		reply.send(int64(2))
		return
	case "produce":
		for i := int64(0); i < number; i++ {
			reply.send(i)
		}
	case "sum":
		sum, count := int64(0), int64(0)
		in := bufio.NewReader(end("Items"))
		for {
			item, _, err := receive(in)
			if err != nil {
				break
			}
			sum += item.(int64)
			count++
		}
		end("Items").Close()
		reply.send([]interface{}{sum, count})
	case "read":
		crc := crc32.NewIEEE()
		count, _ := io.Copy(crc, end("Bytes"))
		end("Bytes").Close()
		reply.send([]interface{}{count, int64(crc.Sum32())})
	case "write":
		stream := end("Bytes")
		for left := number; left > 0; {
			size := int64(32768)
			if size > left {
				size = left
			}
			stream.Write(make([]byte, size))
			left -= size
		}
		stream.Close()
	case "loop": // what comes goes back; the end follows the end
		stream := end("Bytes")
		io.Copy(stream, stream)
		stream.Close()
	case "reset":
		reply.send(int64(1))
		reply.stream.Reset()
		return
	case "open": // a top-level channel of ours; Value has its parent header
		parent, _ := value.(string)
		stream, _ := s.open(parent)
		channel{stream, ""}.send(map[string]interface{}{"Op": "hello", "Value": int64(42)})
		stream.Close()
	case "noref":
		s.openWith(http.Header{"x": {"y"}})
	case "ping":
		_, err := s.conn.Ping()
		reply.send(fmt.Sprint(err))
	case "close":
		go s.conn.Close()
		return
	case "die":
		s.raw.Close()
		return
	case "giveSender": // the peer sends, this side sums
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Sender": extension(4, ref)})
		in := bufio.NewReader(stream)
		sum := int64(0)
		for {
			item, _, err := receive(in)
			if err != nil {
				break
			}
			sum += item.(int64)
		}
		stream.Close()
		reply.send(map[string]interface{}{"Value": sum})
	case "giveReceiver":
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Receiver": extension(5, ref)})
		for i := int64(0); i < number; i++ {
			channel{stream, ""}.send(i)
		}
		stream.Close()
	case "giveReader":
		stream, ref := s.open(reply.ref)
		stream.Write([]byte("early ")) // before the message
		reply.send(map[string]interface{}{"Reader": extension(3, ref)})
		stream.Write([]byte("late"))
		stream.Close()
	case "giveWriter":
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Writer": extension(2, ref)})
		text, _ := io.ReadAll(stream)
		stream.Close()
		reply.send(map[string]interface{}{"Value": string(text)})
	case "giveDuplex":
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Duplex": extension(1, ref)})
		io.Copy(stream, stream)
		stream.Close()
	case "giveWide": // a reference of eight bytes
		stream, ref := s.open(reply.ref)
		wide := Ext{3, append(make([]byte, 4), extension(3, ref).Data...)}
		reply.send(map[string]interface{}{"Reader": wide})
		stream.Write([]byte("wide"))
		stream.Close()
	case "giveUnknown": // in a field that the peer does not have
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Strange": extension(int(number), ref), "Value": int64(1)})
		io.Copy(io.Discard, stream) // until it is reset
		reply.send(map[string]interface{}{"Value": int64(2)})
	case "giveWrong": // a receiver where the peer has a field for a sender
		_, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Sender": extension(5, ref)})
		reply.send(map[string]interface{}{"Value": int64(2)})
	case "giveTwice":
		stream, ref := s.open(reply.ref)
		reply.send(map[string]interface{}{"Reader": extension(3, ref)})
		reply.send(map[string]interface{}{"Reader": extension(3, ref)})
		stream.Close()
		reply.send(map[string]interface{}{"Value": int64(3)})
	case "giveNothing": // a reference that no stream has
		reply.send(map[string]interface{}{"Reader": extension(3, 123456)})
		reply.send(map[string]interface{}{"Value": int64(2)})
	case "giveDeep":
		stream, ref := s.open(reply.ref)
		inner, innerRef := s.open(fmt.Sprint(ref))
		reply.send(map[string]interface{}{"Receiver": extension(5, ref)})
		channel{stream, ""}.send(map[string]interface{}{"Receiver": extension(5, innerRef)})
		channel{inner, ""}.send(map[string]interface{}{"Value": int64(7)})
		inner.Close()
		stream.Close()
	case "sleep":
		time.Sleep(time.Duration(number) * time.Millisecond)
		reply.send(int64(1))
	default:
		fmt.Fprintln(os.Stderr, "go-spdy: unknown", request["Op"])
		os.Exit(1)
	}
	if reply.stream != nil {
		reply.stream.Close()
	}
}

// run is the server half of the reference's rexec example.
func (s *Session) run(request map[string]interface{}, end func(string) *spdystream.Stream) {
	words := []string{}
	if list, is := request["Args"].([]interface{}); is {
		for _, word := range list {
			words = append(words, word.(string))
		}
	}
	stdin, stdout, stderr := end("Stdin"), end("Stdout"), end("Stderr")
	command := exec.Command(request["Cmd"].(string), words...)
	command.Stdout = stdout
	command.Stderr = stderr
	input, err := command.StdinPipe()
	check(err)
	go func() {
		io.Copy(input, stdin)
		input.Close()
		io.Copy(io.Discard, stdin) // or one of five streams would hang
	}()
	status := 0
	if err := command.Run(); err != nil {
		status = 10
		if exit, is := err.(*exec.ExitError); is {
			status = exit.ExitCode()
		}
	}
	stdout.Close()
	stderr.Close()
	channel{end("StatusChan"), ""}.send(map[string]interface{}{"Status": int64(status)})
}

// remote is the client half; it returns the exit status.
func remote(s *Session, name string, words []string) int {
	top, ref := s.open("")
	parent := fmt.Sprint(ref)
	message := map[string]interface{}{"Cmd": name}
	list := []interface{}{}
	for _, word := range words {
		list = append(list, word)
	}
	message["Args"] = list
	streams := map[string]*spdystream.Stream{}
	for field, code := range map[string]int{"Stdin": 1, "Stdout": 1, "Stderr": 1, "StatusChan": 4} {
		stream, ref := s.open(parent)
		streams[field] = stream
		message[field] = extension(code, ref)
	}
	channel{top, ""}.send(message)
	streams["Stdout"].Close()
	streams["Stderr"].Close()
	go func() {
		io.Copy(streams["Stdin"], os.Stdin)
		streams["Stdin"].Close()
	}()
	written := make(chan bool)
	copied := func(to io.Writer, from io.Reader) {
		io.Copy(to, from)
		written <- true
	}
	go copied(os.Stdout, streams["Stdout"])
	go copied(os.Stderr, streams["Stderr"])
	status, _, err := receive(bufio.NewReader(streams["StatusChan"]))
	if err != nil {
		fmt.Fprintln(os.Stderr, "go-spdy: no status:", err)
		return 125
	}
	<-written
	<-written
	return int(status.(map[string]interface{})["Status"].(int64))
}
