package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/net/http2/hpack"
)

// connection is as much of an HTTP/2 client as this program needs: one request at a time, and answers as large as they come.
// golang.org/x/net/http2 would bring net/http and TLS along: 5.4 MB to unpack in an emulated processor instead of 1.7.
type connection struct {
	to      io.Writer
	from    *bufio.Reader
	encoder *hpack.Encoder
	encoded bytes.Buffer
	decoder *hpack.Decoder
	stream  uint32
	// bytes that may still be sent, on the connection and on a stream
	room, streamRoom, initialRoom int64
	answer                        answer
	block                         []byte // of headers that are not complete
	blockEnds                     bool   // the stream ends with them
}

type answer struct {
	fields map[string]string // headers and trailers
	body   []byte
	ended  bool
}

// Types and flags of frames.
const (
	frameData         = 0x0
	frameHeaders      = 0x1
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameWindow       = 0x8
	frameContinuation = 0x9
	flagAck           = 0x1
	flagEndStream     = 0x1
	flagEndHeaders    = 0x4
	flagPadded        = 0x8
	flagPriority      = 0x20
	settingRoom       = 0x4 // of each stream
)

const (
	preface      = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	usualRoom    = 65_535
	largestRoom  = 1<<31 - 1
	largestFrame = 16_384 // what either side takes without asking
	// maxBody bounds an answer: bytes.
	maxBody = 64 << 20
)

var errBroken = errors.New("BuildKit's HTTP/2 cannot be read")

func open(conn io.ReadWriter) (*connection, error) {
	c := &connection{to: conn, from: bufio.NewReader(conn), room: usualRoom, initialRoom: usualRoom}
	c.encoder = hpack.NewEncoder(&c.encoded)
	c.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) { c.answer.fields[field.Name] = field.Value })
	if _, err := io.WriteString(conn, preface); err != nil {
		return nil, err
	}
	settings := binary.BigEndian.AppendUint32([]byte{0, settingRoom}, largestRoom)
	if err := c.write(frameSettings, 0, 0, settings); err != nil {
		return nil, err
	}
	return c, c.write(frameWindow, 0, 0, binary.BigEndian.AppendUint32(nil, largestRoom-usualRoom))
}

// post sends a request and reads its answer.
func (c *connection) post(path string, fields [][2]string, body []byte) (answer, error) {
	if c.stream == 0 {
		c.stream = 1
	} else {
		c.stream += 2
	}
	c.streamRoom = c.initialRoom
	c.answer = answer{fields: map[string]string{}}
	c.encoded.Reset()
	for _, field := range append([][2]string{{":method", "POST"}, {":scheme", "http"}, {":authority", "buildkit"}, {":path", path}}, fields...) {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}); err != nil {
			return answer{}, err
		}
	}
	if err := c.write(frameHeaders, flagEndHeaders, c.stream, c.encoded.Bytes()); err != nil {
		return answer{}, err
	}
	for sent := false; !sent && !c.answer.ended; {
		size := min(int64(len(body)), c.room, c.streamRoom, largestFrame)
		if size <= 0 && len(body) > 0 {
			if err := c.read(); err != nil {
				return answer{}, err
			}
			continue
		}
		var flags byte
		if sent = size == int64(len(body)); sent {
			flags = flagEndStream
		}
		if err := c.write(frameData, flags, c.stream, body[:size]); err != nil {
			return answer{}, err
		}
		body = body[size:]
		c.room -= size
		c.streamRoom -= size
	}
	for !c.answer.ended {
		if err := c.read(); err != nil {
			return answer{}, err
		}
	}
	return c.answer, nil
}

func (c *connection) write(kind, flags byte, stream uint32, payload []byte) error {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(payload))<<8|uint32(kind))
	frame = binary.BigEndian.AppendUint32(append(frame, flags), stream)
	_, err := c.to.Write(append(frame, payload...))
	return err
}

// read takes one frame in.
func (c *connection) read() error {
	var header [9]byte
	if _, err := io.ReadFull(c.from, header[:]); err != nil {
		return err
	}
	length := binary.BigEndian.Uint32(header[:4]) >> 8
	kind, flags, stream := header[3], header[4], binary.BigEndian.Uint32(header[5:])&largestRoom
	if length > largestFrame {
		return errBroken
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(c.from, payload); err != nil {
		return err
	}
	switch kind {
	case frameSettings:
		return c.settings(flags, payload)
	case framePing:
		if flags&flagAck == 0 {
			return c.write(framePing, flagAck, 0, payload)
		}
		return nil
	case frameWindow:
		if len(payload) != 4 {
			return errBroken
		}
		more := int64(binary.BigEndian.Uint32(payload) & largestRoom)
		if stream == 0 {
			c.room += more
		} else if stream == c.stream {
			c.streamRoom += more
		}
		return nil
	}
	if stream != c.stream {
		return nil // of a call that is over, or nothing that is needed
	}
	switch kind {
	case frameData:
		content, err := unpadded(flags, payload)
		if err != nil || len(c.answer.body)+len(content) > maxBody {
			return errBroken
		}
		c.answer.body = append(c.answer.body, content...)
		c.answer.ended = flags&flagEndStream != 0
	case frameHeaders:
		content, err := unpadded(flags, payload)
		if flags&flagPriority != 0 && err == nil {
			if len(content) < 5 {
				return errBroken
			}
			content = content[5:]
		}
		if err != nil {
			return err
		}
		c.block, c.blockEnds = content, flags&flagEndStream != 0
		return c.headers(flags)
	case frameContinuation:
		c.block = append(c.block, payload...)
		return c.headers(flags)
	case frameReset:
		return fmt.Errorf("BuildKit broke the call off (%x)", payload)
	}
	return nil
}

func (c *connection) headers(flags byte) error {
	if flags&flagEndHeaders == 0 {
		return nil
	}
	if _, err := c.decoder.Write(c.block); err != nil {
		return err
	}
	c.answer.ended = c.blockEnds
	return c.decoder.Close()
}

func (c *connection) settings(flags byte, payload []byte) error {
	if flags&flagAck != 0 {
		return nil
	}
	for ; len(payload) >= 6; payload = payload[6:] {
		if binary.BigEndian.Uint16(payload) == settingRoom {
			room := int64(binary.BigEndian.Uint32(payload[2:]))
			c.streamRoom += room - c.initialRoom
			c.initialRoom = room
		}
	}
	return c.write(frameSettings, flagAck, 0, nil)
}

func unpadded(flags byte, payload []byte) ([]byte, error) {
	if flags&flagPadded == 0 {
		return payload, nil
	}
	if len(payload) == 0 || int(payload[0]) >= len(payload) {
		return nil, errBroken
	}
	return payload[1 : len(payload)-int(payload[0])], nil
}
