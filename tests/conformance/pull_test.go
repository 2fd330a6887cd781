package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

var absent = digest.FromString("nobody has this")

func TestPull(t *testing.T) {
	pushed := pushImage(t, "pull", nil)

	t.Run("end-1 answers with a challenge, and 200 with a token", func(t *testing.T) {
		first := once(t, "GET", "/v2/", "", nil, nil).want(t, 401)
		if !regexp.MustCompile(`^Bearer realm="[^"]+/token",service="registry\.docker\.io"$`).MatchString(first.header.Get("WWW-Authenticate")) {
			t.Fatal(first.header.Get("WWW-Authenticate"))
		}
		first.fails(t, 401, "UNAUTHORIZED")
		ask(t, "GET", "/v2/", nil).want(t, 200)
	})
	for _, reference := range []string{"pull", pushed.digest.String()} {
		t.Run("end-3 GET manifest by "+strings.SplitN(reference, ":", 2)[0], func(t *testing.T) {
			got := ask(t, "GET", manifestPath(name, reference), nil, with("Accept", v1.MediaTypeImageManifest)).want(t, 200)
			got.has(t, "Docker-Content-Digest", pushed.digest.String()).has(t, "Content-Type", v1.MediaTypeImageManifest)
			if !bytes.Equal(got.body, pushed.manifest) {
				t.Fatal("other bytes than were pushed")
			}
		})
		t.Run("end-3 HEAD manifest by "+strings.SplitN(reference, ":", 2)[0], func(t *testing.T) {
			got := ask(t, "HEAD", manifestPath(name, reference), nil).want(t, 200)
			got.has(t, "Docker-Content-Digest", pushed.digest.String()).has(t, "Content-Length", fmt.Sprint(len(pushed.manifest)))
		})
	}
	t.Run("end-2 GET blob", func(t *testing.T) {
		got := ask(t, "GET", blobPath(name, pushed.layer), nil).want(t, 200).has(t, "Docker-Content-Digest", pushed.layer.String())
		if digest.FromBytes(got.body) != pushed.layer {
			t.Fatal("other bytes than were pushed")
		}
	})
	t.Run("end-2 HEAD blob", func(t *testing.T) {
		ask(t, "HEAD", blobPath(name, pushed.layer), nil).want(t, 200).has(t, "Docker-Content-Digest", pushed.layer.String()).has(t, "Content-Length", "700")
	})
	for _, method := range []string{"GET", "HEAD"} {
		t.Run("unknown blob, "+method, func(t *testing.T) { ask(t, method, blobPath(name, absent), nil).want(t, 404) })
		t.Run("unknown manifest by digest, "+method, func(t *testing.T) {
			ask(t, method, manifestPath(name, absent.String()), nil).want(t, 404)
		})
		t.Run("unknown manifest by tag, "+method, func(t *testing.T) { ask(t, method, manifestPath(name, "no-such-tag"), nil).want(t, 404) })
		t.Run("unknown repository, "+method, func(t *testing.T) { ask(t, method, manifestPath(user+"/no-such", "latest"), nil).want(t, 404) })
	}
	t.Run("unknown blob has the code BLOB_UNKNOWN", func(t *testing.T) {
		ask(t, "GET", blobPath(name, absent), nil).fails(t, 404, "BLOB_UNKNOWN")
	})
	t.Run("unknown manifest has the code MANIFEST_UNKNOWN", func(t *testing.T) {
		ask(t, "GET", manifestPath(name, "no-such-tag"), nil).fails(t, 404, "MANIFEST_UNKNOWN")
	})
	t.Run("a malformed digest is refused", func(t *testing.T) {
		for _, bad := range []string{"sha256:123", "sha256:" + strings.Repeat("Z", 64), "md5:" + strings.Repeat("0", 32), "sha256"} {
			ask(t, "GET", "/v2/"+name+"/blobs/"+bad, nil).fails(t, 400, "DIGEST_INVALID")
		}
	})
	t.Run("a malformed name is refused", func(t *testing.T) {
		for _, bad := range []string{"Student/app", "student/_app", "student//app", "student/app-", "student/%2e%2e%2fapp"} {
			once(t, "GET", "/v2/"+bad+"/manifests/latest", "", nil, nil).fails(t, 400, "NAME_INVALID")
		}
	})
	t.Run("ranges", func(t *testing.T) {
		whole := ask(t, "GET", blobPath(name, pushed.layer), nil).want(t, 200).body
		for _, one := range []struct {
			header     string
			start, end int
		}{{"bytes=0-0", 0, 1}, {"bytes=100-299", 100, 300}, {"bytes=600-", 600, 700}, {"bytes=-50", 650, 700}, {"bytes=690-5000", 690, 700}} {
			got := ask(t, "GET", blobPath(name, pushed.layer), nil, with("Range", one.header)).want(t, 206)
			got.has(t, "Content-Range", fmt.Sprintf("bytes %d-%d/700", one.start, one.end-1)).has(t, "Content-Length", fmt.Sprint(one.end-one.start))
			if !bytes.Equal(got.body, whole[one.start:one.end]) {
				t.Fatalf("%s: other bytes", one.header)
			}
		}
		for _, bad := range []string{"bytes=700-", "bytes=5000-6000", "bytes=300-100"} {
			ask(t, "GET", blobPath(name, pushed.layer), nil, with("Range", bad)).want(t, 416)
		}
	})
	t.Run("a bundled image is pulled without an account, by its 386 entry", func(t *testing.T) {
		challenge := once(t, "GET", manifestPath("library/sample", "latest"), "", nil, nil).want(t, 401).header.Get("WWW-Authenticate")
		bearer := token(t, challenge)
		index := once(t, "GET", manifestPath("library/sample", "latest"), bearer, nil, nil).want(t, 200).has(t, "Content-Type", v1.MediaTypeImageIndex)
		var list v1.Index
		index.into(t, &list)
		if list.Manifests[0].Platform.Architecture != "386" {
			t.Fatal(list.Manifests[0].Platform)
		}
		var manifest v1.Manifest
		once(t, "GET", manifestPath("library/sample", list.Manifests[0].Digest.String()), bearer, nil, nil).want(t, 200).into(t, &manifest)
		for _, blob := range append(manifest.Layers, manifest.Config) {
			if got := once(t, "GET", blobPath("library/sample", blob.Digest), bearer, nil, nil).want(t, 200); digest.FromBytes(got.body) != blob.Digest {
				t.Fatal("other bytes than the manifest names")
			}
		}
	})
}
