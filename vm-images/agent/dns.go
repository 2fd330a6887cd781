package main

import (
	"encoding/binary"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers every name with a dot by the sandbox's one address. A single label is a container's or a host's name,
// which is for the engine's own name server: here it does not exist, so that a wrong one fails as it should.
type nameServer struct{}

const (
	packetBytes   = 1500
	answerSeconds = 60
	streamTimeout = 30 * time.Second
	streamLimit   = 32
)

func (n *nameServer) servePackets(conn net.PacketConn) {
	buffer := make([]byte, packetBytes)
	for {
		count, from, err := conn.ReadFrom(buffer)
		if err != nil {
			log.Printf("internet: name server ended: %v", err)
			return
		}
		if answer := answerQuery(buffer[:count]); answer != nil {
			conn.WriteTo(answer, from)
		}
	}
}

func (n *nameServer) serveStreams(listener net.Listener) {
	slots := make(chan struct{}, streamLimit)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		slots <- struct{}{}
		go func() {
			defer func() { conn.Close(); <-slots }()
			n.serveStream(conn)
		}()
	}
}

func (n *nameServer) serveStream(conn net.Conn) {
	for {
		conn.SetDeadline(time.Now().Add(streamTimeout))
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, query); err != nil {
			return
		}
		answer := answerQuery(query)
		if answer == nil {
			return
		}
		if _, err := conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answerQuery gives nil for what is no query at all.
func answerQuery(query []byte) []byte {
	var parser dnsmessage.Parser
	asked, err := parser.Start(query)
	if err != nil || asked.Response {
		return nil
	}
	header := dnsmessage.Header{ID: asked.ID, Response: true, OpCode: asked.OpCode, Authoritative: true, RecursionDesired: asked.RecursionDesired, RecursionAvailable: true}
	question, err := parser.Question()
	switch {
	case err != nil:
		header.RCode = dnsmessage.RCodeFormatError
	case asked.OpCode != 0:
		header.RCode = dnsmessage.RCodeNotImplemented
	default:
		header.RCode = answerCode(question)
	}
	// A builder's steps fail only for wrong order or names that were parsed above.
	builder := dnsmessage.NewBuilder(make([]byte, 0, 512), header)
	builder.EnableCompression()
	if err == nil {
		builder.StartQuestions()
		builder.Question(question)
		if header.RCode == dnsmessage.RCodeSuccess && question.Type == dnsmessage.TypeA {
			builder.StartAnswers()
			var address [4]byte
			copy(address[:], internetAddress.To4())
			builder.AResource(dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: answerSeconds}, dnsmessage.AResource{A: address})
		}
	}
	answer, err := builder.Finish()
	if err != nil {
		return nil
	}
	return answer
}

// Domains that never name a host of the outside.
var nowhere = []string{"arpa", "localhost", "local", "internal", "invalid", "test", "onion"}

func answerCode(question dnsmessage.Question) dnsmessage.RCode {
	name := strings.ToLower(strings.TrimSuffix(question.Name.String(), "."))
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	if len(labels) < 2 {
		return dnsmessage.RCodeNameError
	}
	for _, domain := range nowhere {
		if last == domain {
			return dnsmessage.RCodeNameError
		}
	}
	return dnsmessage.RCodeSuccess
}
