package main

import (
	"bytes"
	"math/rand"
	"testing"
)

// scan feeds in the pieces and returns what the session would see, with "<nonce>" in the place of each nonce.
func scan(pieces ...[]byte) string {
	s := &scanner{}
	var seen bytes.Buffer
	for _, piece := range pieces {
		for len(piece) > 0 {
			var data, nonce []byte
			data, nonce, piece = s.next(piece)
			seen.Write(data)
			if nonce != nil {
				seen.WriteString("<" + string(nonce) + ">")
			}
		}
	}
	return seen.String()
}

func preamble(nonce string) []byte { return append(append([]byte{}, magic...), nonce...) }

func TestMagicIsFoundAtAnySplit(t *testing.T) {
	input := append(append([]byte("before"), preamble("12345678")...), "after"...)
	// The first bytes reach the old session, which is dropped anyway.
	wanted := "before" + string(magic[:heldFrom]) + "<12345678>after"
	for i := 0; i <= len(input); i++ {
		for j := i; j <= len(input); j++ {
			if got := scan(input[:i], input[i:j], input[j:]); got != wanted {
				t.Fatalf("split at %d and %d: %q", i, j, got)
			}
		}
	}
}

func TestPreambleWithinAPreamble(t *testing.T) {
	for cut := 1; cut < len(magic)+nonceBytes; cut++ {
		input := append(preamble("12345678")[:cut], preamble("abcdefgh")...)
		if got := scan(input); !bytes.HasSuffix([]byte(got), []byte("<abcdefgh>")) {
			t.Errorf("cut at %d: %q", cut, got)
		}
	}
}

func TestEverythingElsePassesAtOnce(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	for round := 0; round < 2000; round++ {
		input := make([]byte, random.Intn(60))
		for i := range input {
			input[i] = magic[random.Intn(4)]
		}
		if random.Intn(2) == 0 {
			input = append(input, magic[:random.Intn(len(magic))]...)
			input = append(input, 'x')
		}
		at := random.Intn(len(input) + 1)
		if got := scan(input[:at], input[at:]); got != string(input) {
			t.Fatalf("%q became %q", input, got)
		}
	}
	// Nothing is held back before the eighth byte of the magic.
	if got := scan(magic[:heldFrom]); got != string(magic[:heldFrom]) {
		t.Errorf("held back: %q", got)
	}
}

func TestMagicStartsOnlyAtItsStart(t *testing.T) {
	if bytes.IndexByte(magic[1:], magic[0]) >= 0 || magic[0] == 0 {
		t.Error("the scanner relies on it")
	}
}
