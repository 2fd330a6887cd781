package conformance

import (
	"bytes"
	"fmt"
	"regexp"
	"testing"

	"github.com/opencontainers/go-digest"
	specs "github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// stored checks that the blob is there with those bytes.
func stored(t *testing.T, repository string, b []byte, d digest.Digest) {
	t.Helper()
	if got := ask(t, "GET", blobPath(repository, d), nil).want(t, 200); !bytes.Equal(got.body, b) {
		t.Fatal("other bytes than were pushed")
	}
}

func begin(t *testing.T) string {
	t.Helper()
	return ask(t, "POST", uploadPath(name), nil, with("Content-Length", "0")).want(t, 202).location(t)
}

func TestPushBlobs(t *testing.T) {
	for _, algorithm := range []digest.Algorithm{digest.SHA256, digest.SHA512} {
		t.Run("end-4a end-6 POST then PUT, "+string(algorithm), func(t *testing.T) {
			b := random(1000)
			d := algorithm.FromBytes(b)
			ask(t, "PUT", addQuery(begin(t), "digest", d.String()), b, chunk("")).want(t, 201).location(t)
			stored(t, name, b, d)
		})
		t.Run("end-4b one POST, "+string(algorithm), func(t *testing.T) {
			b := random(1000)
			d := algorithm.FromBytes(b)
			made := ask(t, "POST", addQuery(uploadPath(name), "digest", d.String()), b, chunk("")).want(t, 201)
			ask(t, "HEAD", made.location(t), nil).want(t, 200)
			stored(t, name, b, d)
		})
		t.Run("end-5 one streamed PATCH, "+string(algorithm), func(t *testing.T) {
			b := random(200_000)
			d := algorithm.FromBytes(b)
			patch := ask(t, "PATCH", begin(t), b, chunk(""), streamed).want(t, 202).has(t, "Range", "0-199999")
			ask(t, "PUT", addQuery(patch.location(t), "digest", d.String()), nil).want(t, 201)
			stored(t, name, b, d)
		})
		t.Run("end-5 chunks, the last by PATCH, "+string(algorithm), func(t *testing.T) {
			b := random(2995)
			d := algorithm.FromBytes(b)
			at := begin(t)
			for start := 0; start < len(b); start += 1000 {
				end := min(start+1000, len(b))
				at = ask(t, "PATCH", at, b[start:end], chunk(fmt.Sprintf("%d-%d", start, end-1))).want(t, 202).has(t, "Range", fmt.Sprintf("0-%d", end-1)).location(t)
			}
			ask(t, "PUT", addQuery(at, "digest", d.String()), nil).want(t, 201)
			stored(t, name, b, d)
		})
		t.Run("end-5 chunks, the last by PUT, "+string(algorithm), func(t *testing.T) {
			b := random(1995)
			d := algorithm.FromBytes(b)
			at := ask(t, "PATCH", begin(t), b[:1000], chunk("0-999")).want(t, 202).location(t)
			ask(t, "PUT", addQuery(at, "digest", d.String()), b[1000:], chunk("1000-1994")).want(t, 201)
			stored(t, name, b, d)
		})
		for _, known := range []string{"", "{}"} {
			t.Run(fmt.Sprintf("the blob %q, %s", known, algorithm), func(t *testing.T) {
				d := algorithm.FromString(known)
				ask(t, "PUT", addQuery(begin(t), "digest", d.String()), []byte(known), chunk("")).want(t, 201)
				stored(t, name, []byte(known), d)
				ask(t, "HEAD", blobPath(name, d), nil).want(t, 200).has(t, "Content-Length", fmt.Sprint(len(known)))
			})
		}
	}
	t.Run("the Location has a UUID", func(t *testing.T) {
		if at := begin(t); !regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`).MatchString(at) {
			t.Fatal(at)
		}
	})
	t.Run("a chunk out of order is 416 and changes nothing", func(t *testing.T) {
		b := random(3000)
		at := begin(t)
		ask(t, "PATCH", at, b[1000:2000], chunk("1000-1999")).want(t, 416)
		at = ask(t, "PATCH", at, b[:1000], chunk("0-999")).want(t, 202).location(t)
		ask(t, "PATCH", at, b[2000:], chunk("2000-2999")).want(t, 416)
		ask(t, "PATCH", at, b[:1000], chunk("0-999")).want(t, 416)
		ask(t, "PUT", addQuery(at, "digest", digest.FromBytes(b).String()), b[2000:], chunk("2000-2999")).want(t, 416)
		state := ask(t, "GET", at, nil).want(t, 204).has(t, "Range", "0-999")
		at = ask(t, "PATCH", state.location(t), b[1000:2000], chunk("1000-1999")).want(t, 202).location(t)
		ask(t, "PUT", addQuery(at, "digest", digest.FromBytes(b).String()), b[2000:], chunk("2000-2999")).want(t, 201)
		stored(t, name, b, digest.FromBytes(b))
	})
	t.Run("end-13 state of an upload", func(t *testing.T) {
		at := ask(t, "PATCH", begin(t), random(10), chunk("0-9")).want(t, 202).location(t)
		ask(t, "GET", at, nil).want(t, 204).has(t, "Range", "0-9").location(t)
	})
	t.Run("end-14 cancelled", func(t *testing.T) {
		at := begin(t)
		ask(t, "DELETE", at, nil).want(t, 204)
		ask(t, "GET", at, nil).fails(t, 404, "BLOB_UPLOAD_UNKNOWN")
		ask(t, "PUT", addQuery(at, "digest", absent.String()), random(5), chunk("")).fails(t, 404, "BLOB_UPLOAD_UNKNOWN")
	})
	for way, send := range map[string]func(t *testing.T, b []byte) reply{
		"one POST": func(t *testing.T, b []byte) reply {
			return ask(t, "POST", addQuery(uploadPath(name), "digest", absent.String()), b, chunk(""))
		},
		"POST then PUT": func(t *testing.T, b []byte) reply {
			return ask(t, "PUT", addQuery(begin(t), "digest", absent.String()), b, chunk(""))
		},
		"chunks": func(t *testing.T, b []byte) reply {
			at := ask(t, "PATCH", begin(t), b, chunk("")).want(t, 202).location(t)
			return ask(t, "PUT", addQuery(at, "digest", absent.String()), nil)
		},
	} {
		t.Run("bytes with another digest are refused: "+way, func(t *testing.T) {
			b := random(100)
			send(t, b).fails(t, 400, "DIGEST_INVALID")
			ask(t, "HEAD", blobPath(name, digest.FromBytes(b)), nil).want(t, 404)
			ask(t, "HEAD", blobPath(name, absent), nil).want(t, 404)
		})
	}
	t.Run("a PUT without a digest is refused", func(t *testing.T) {
		ask(t, "PUT", begin(t), random(10), chunk("")).fails(t, 400, "DIGEST_INVALID")
	})
	t.Run("end-11 mounted from another repository", func(t *testing.T) {
		b := random(500)
		d := pushBlob(t, other, b)
		ask(t, "HEAD", blobPath(name, d), nil).want(t, 404)
		made := ask(t, "POST", uploadPath(name)+"?mount="+d.String()+"&from="+other, nil).want(t, 201)
		ask(t, "HEAD", made.location(t), nil).want(t, 200)
		stored(t, name, b, d)
	})
	t.Run("end-11 mounted without naming where from", func(t *testing.T) {
		b := random(500)
		d := pushBlob(t, other, b)
		ask(t, "POST", uploadPath(name)+"?mount="+d.String(), nil).want(t, 201)
		stored(t, name, b, d)
	})
	t.Run("end-11 what is not there to mount is uploaded", func(t *testing.T) {
		b := random(500)
		at := ask(t, "POST", uploadPath(name)+"?mount="+digest.FromBytes(b).String()+"&from="+other, nil).want(t, 202).location(t)
		ask(t, "PUT", addQuery(at, "digest", digest.FromBytes(b).String()), b, chunk("")).want(t, 201)
		stored(t, name, b, digest.FromBytes(b))
	})
	t.Run("pushing to another's name is denied", func(t *testing.T) {
		for _, foreign := range []string{"library/sample", "somebody/else"} {
			got := ask(t, "POST", uploadPath(foreign), nil)
			got.fails(t, 401, "UNAUTHORIZED")
			if !regexp.MustCompile(`error="insufficient_scope"`).MatchString(got.header.Get("WWW-Authenticate")) {
				t.Fatal(got.header.Get("WWW-Authenticate"))
			}
		}
	})
}

func TestPushManifests(t *testing.T) {
	const dockerManifest, dockerList = "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json"

	t.Run("end-7 by tag", func(t *testing.T) {
		made := makeImage(t, nil)
		got := pushManifest(t, "by-tag", v1.MediaTypeImageManifest, made.manifest).want(t, 201).has(t, "Docker-Content-Digest", made.digest.String())
		ask(t, "GET", got.location(t), nil).want(t, 200)
	})
	t.Run("end-7 by digest", func(t *testing.T) {
		made := makeImage(t, nil)
		pushManifest(t, made.digest.String(), v1.MediaTypeImageManifest, made.manifest).want(t, 201)
		ask(t, "HEAD", manifestPath(name, made.digest.String()), nil).want(t, 200)
	})
	t.Run("end-7 by a sha512 digest", func(t *testing.T) {
		made := makeImage(t, nil)
		d := digest.SHA512.FromBytes(made.manifest)
		pushManifest(t, d.String(), v1.MediaTypeImageManifest, made.manifest).want(t, 201).has(t, "Docker-Content-Digest", d.String())
		ask(t, "GET", manifestPath(name, d.String()), nil).want(t, 200)
	})
	t.Run("a tag moves", func(t *testing.T) {
		pushImage(t, "moves", nil)
		second := pushImage(t, "moves", nil)
		ask(t, "HEAD", manifestPath(name, "moves"), nil).want(t, 200).has(t, "Docker-Content-Digest", second.digest.String())
	})
	t.Run("parameters of the Content-Type are ignored", func(t *testing.T) {
		made := makeImage(t, nil)
		pushManifest(t, "parameters", v1.MediaTypeImageManifest+"; charset=utf-8", made.manifest).want(t, 201)
		ask(t, "HEAD", manifestPath(name, "parameters"), nil).has(t, "Content-Type", v1.MediaTypeImageManifest)
	})
	t.Run("Docker's media types", func(t *testing.T) {
		made := pushImageAs(t, "docker", dockerManifest)
		list := []byte(fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[{"mediaType":%q,"digest":%q,"size":%d,"platform":{"os":"linux","architecture":"386"}}]}`, dockerList, dockerManifest, made.digest, len(made.manifest)))
		pushManifest(t, "docker-list", dockerList, list).want(t, 201)
		ask(t, "GET", manifestPath(name, "docker-list"), nil).want(t, 200).has(t, "Content-Type", dockerList)
	})
	t.Run("an index, an empty index and an index of indexes", func(t *testing.T) {
		child := pushImage(t, "child", nil)
		push := func(tag string, children ...v1.Descriptor) v1.Descriptor {
			b := marshal(t, v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: children})
			pushManifest(t, tag, v1.MediaTypeImageIndex, b).want(t, 201)
			ask(t, "GET", manifestPath(name, tag), nil).want(t, 200).has(t, "Content-Type", v1.MediaTypeImageIndex)
			return describe(v1.MediaTypeImageIndex, b)
		}
		push("empty-index", []v1.Descriptor{}...)
		push("nested-index", push("index", *child.descriptor()))
	})
	t.Run("an artifact, custom fields, no layers, layers that lie elsewhere", func(t *testing.T) {
		pushImage(t, "artifact", func(m *v1.Manifest) { m.ArtifactType = "application/vnd.example" })
		pushImage(t, "no-layers", func(m *v1.Manifest) { m.Layers = []v1.Descriptor{} })
		pushImage(t, "elsewhere", func(m *v1.Manifest) {
			m.Layers = append(m.Layers, v1.Descriptor{MediaType: v1.MediaTypeImageLayerNonDistributableGzip, Digest: absent, Size: 5, URLs: []string{"https://example.com/layer"}}) //nolint:staticcheck
		})
		made := makeImage(t, nil)
		b := append(bytes.TrimSuffix(made.manifest, []byte("}")), []byte(`,"com.example.field":{"x":[1]}}`)...)
		pushManifest(t, "custom", v1.MediaTypeImageManifest, b).want(t, 201)
		if got := ask(t, "GET", manifestPath(name, "custom"), nil).want(t, 200); !bytes.Equal(got.body, b) {
			t.Fatal("other bytes than were pushed")
		}
	})
	t.Run("4 megabytes", func(t *testing.T) {
		pushImage(t, "large", func(m *v1.Manifest) {
			m.Annotations = map[string]string{"long": string(bytes.Repeat([]byte("A"), 3_900_000))}
		})
	})
	t.Run("more than the limit is 413", func(t *testing.T) {
		made := makeImage(t, func(m *v1.Manifest) {
			m.Annotations = map[string]string{"long": string(bytes.Repeat([]byte("A"), 4_300_000))}
		})
		pushManifest(t, "too-large", v1.MediaTypeImageManifest, made.manifest).want(t, 413)
	})
	t.Run("OCI-Subject, the subject not there yet", func(t *testing.T) {
		made := makeImage(t, func(m *v1.Manifest) {
			m.Subject = &v1.Descriptor{MediaType: v1.MediaTypeImageManifest, Digest: absent, Size: 5}
		})
		pushManifest(t, made.digest.String(), v1.MediaTypeImageManifest, made.manifest).want(t, 201).has(t, "OCI-Subject", absent.String())
	})
	t.Run("a missing blob is MANIFEST_BLOB_UNKNOWN", func(t *testing.T) {
		made := makeImage(t, func(m *v1.Manifest) {
			m.Layers = []v1.Descriptor{{MediaType: v1.MediaTypeImageLayerGzip, Digest: absent, Size: 5}}
		})
		pushManifest(t, "sparse", v1.MediaTypeImageManifest, made.manifest).fails(t, 404, "MANIFEST_BLOB_UNKNOWN")
		ask(t, "HEAD", manifestPath(name, "sparse"), nil).want(t, 404)
	})
	t.Run("no manifest is MANIFEST_INVALID", func(t *testing.T) {
		for _, bad := range []string{"", "{", "[]", "null", `{"schemaVersion":1}`, `{"schemaVersion":2,"config":{},"layers":[]}`} {
			pushManifest(t, "invalid", v1.MediaTypeImageManifest, []byte(bad)).fails(t, 400, "MANIFEST_INVALID")
		}
	})
	t.Run("another media type inside than outside is MANIFEST_INVALID", func(t *testing.T) {
		made := makeImage(t, nil)
		pushManifest(t, "mixed", v1.MediaTypeImageIndex, made.manifest).fails(t, 400, "MANIFEST_INVALID")
	})
	t.Run("bytes with another digest are DIGEST_INVALID", func(t *testing.T) {
		made := makeImage(t, nil)
		pushManifest(t, made.digest.String(), v1.MediaTypeImageManifest, append(made.manifest, ' ', ' ')).fails(t, 400, "DIGEST_INVALID")
	})
	t.Run("a malformed tag is refused", func(t *testing.T) {
		made := makeImage(t, nil)
		for _, bad := range []string{"-tag", ".tag", "a%20b", string(bytes.Repeat([]byte("a"), 129))} {
			pushManifest(t, bad, v1.MediaTypeImageManifest, made.manifest).want(t, 400)
		}
	})
}

func pushImageAs(t *testing.T, tag, mediaType string) image {
	t.Helper()
	made := makeImage(t, func(m *v1.Manifest) { m.MediaType = mediaType })
	pushManifest(t, tag, mediaType, made.manifest).want(t, 201)
	ask(t, "GET", manifestPath(name, tag), nil).want(t, 200).has(t, "Content-Type", mediaType)
	return made
}
