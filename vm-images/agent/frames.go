package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// After its header line a stream carries frames both ways: 1 byte type, 4 bytes length (big endian), payload. Only "dial" is
// raw. So the end of a stream without an end frame always means that somebody gave up.
const (
	frameData   = 0 // stdin, stdout, terminal, file or body bytes
	frameStderr = 1
	frameEnd    = 2 // no more data this way
	frameExit   = 3 // JSON {"code"}
	frameResize = 4 // JSON {"columns","rows"}
	frameSignal = 5 // JSON {"signal"}
	frameError  = 6 // JSON {"code","message"}
)

// frameLimit bounds a frame's payload.
const frameLimit = 64 << 10

const frameHeaderBytes = 5

type frameWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *frameWriter) write(kind byte, payload []byte) error {
	frame := make([]byte, frameHeaderBytes+len(payload))
	frame[0] = kind
	binary.BigEndian.PutUint32(frame[1:], uint32(len(payload)))
	copy(frame[frameHeaderBytes:], payload)
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.to.Write(frame)
	return err
}

// readFrame gives io.EOF or the stream's own error when the page has gone.
func readFrame(from io.Reader) (kind byte, payload []byte, err error) {
	kind, length, err := readFrameHeader(from)
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(from, payload)
	return kind, payload, err
}

func readFrameHeader(from io.Reader) (kind byte, length int, err error) {
	var header [frameHeaderBytes]byte
	if _, err := io.ReadFull(from, header[:]); err != nil {
		return 0, 0, err
	}
	count := binary.BigEndian.Uint32(header[1:])
	if count > frameLimit {
		return 0, 0, failure{"agent.bad-request", fmt.Sprintf("a frame of %d bytes is longer than %d", count, frameLimit)}
	}
	return header[0], int(count), nil
}

func wrongFrame(kind byte) error {
	return failure{"agent.bad-request", fmt.Sprintf("unexpected frame type %d", kind)}
}

// frameData as a reader: ends at the end frame, fails when the stream ends before it.
type bodyReader struct {
	from io.Reader
	left int // bytes of the present frame
	err  error
}

func (b *bodyReader) Read(p []byte) (int, error) {
	for b.left == 0 {
		if b.err != nil {
			return 0, b.err
		}
		kind, length, err := readFrameHeader(b.from)
		switch {
		case err == io.EOF:
			b.err = io.ErrUnexpectedEOF
		case err != nil:
			b.err = err
		case kind == frameEnd:
			b.err = io.EOF
		case kind == frameData:
			b.left = length
		default:
			b.err = wrongFrame(kind)
		}
	}
	n, err := b.from.Read(p[:min(len(p), b.left)])
	b.left -= n
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		b.left, b.err = 0, err
	}
	return n, err
}

// sendBody copies from into data frames and ends with an end frame.
func sendBody(to *frameWriter, from io.Reader) error {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if err := to.write(frameData, buffer[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return to.write(frameEnd, nil)
		}
		if err != nil {
			return err
		}
	}
}
