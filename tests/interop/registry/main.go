// Command registry is an OCI registry WITH the referrers API, for the interop tests.
//
// No such registry is a package of the distribution: docker-registry 2.8 has no referrers API. This one is
// go-containerregistry's test registry with that API switched on. It keeps manifests in memory only; the
// journal below keeps them on disk too, so that a test may stop the server and start it again. The meter counts
// requests and delays them: what a spot check costs is measured here, not said by the program that makes it.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

func main() {
	port := flag.Int("port", 5001, "port on 127.0.0.1, 0 for any that is free")
	dir := flag.String("dir", "", "folder that keeps blobs and manifests")
	delay := flag.Duration("delay", 0, "time that every request waits, as on the way to a distant registry")
	flag.Parse()
	if err := serve(*port, *dir, *delay); err != nil {
		log.Fatal(err)
	}
}

func serve(port int, dir string, delay time.Duration) error {
	if dir == "" {
		return fmt.Errorf("-dir is required")
	}
	blobs := filepath.Join(dir, "blobs")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	handler := registry.New(
		registry.WithReferrersSupport(true),
		registry.WithBlobHandler(registry.NewDiskBlobHandler(blobs)),
	)
	kept, err := openJournal(filepath.Join(dir, "manifests.jsonl"), handler)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	// Whoever asked for any port reads here which one it is.
	fmt.Println(listener.Addr())
	return http.Serve(listener, newMeter(kept, delay))
}

// change is one accepted PUT or DELETE of a manifest.
type change struct {
	Method      string `json:"method"`
	Path        string `json:"path"`
	ContentType string `json:"contentType,omitempty"`
	Body        []byte `json:"body,omitempty"`
}

// journal passes requests on and appends every accepted change of a manifest to a file.
type journal struct {
	registry http.Handler
	lock     sync.Mutex
	file     *os.File
}

// openJournal replays the changes of earlier runs into the registry, in their order.
func openJournal(path string, handler http.Handler) (*journal, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	for decoder := json.NewDecoder(file); ; {
		var past change
		if err := decoder.Decode(&past); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if code := past.send(handler).Code; code >= 300 {
			return nil, fmt.Errorf("%s: %s %s answered %d", path, past.Method, past.Path, code)
		}
	}
	return &journal{registry: handler, file: file}, nil
}

func (c change) send(handler http.Handler) *httptest.ResponseRecorder {
	request := httptest.NewRequest(c.Method, c.Path, bytes.NewReader(c.Body))
	request.Header.Set("Content-Type", c.ContentType)
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}

func (j *journal) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	isManifest := filepath.Base(filepath.Dir(request.URL.Path)) == "manifests"
	if !isManifest || (request.Method != http.MethodPut && request.Method != http.MethodDelete) {
		j.registry.ServeHTTP(response, request)
		return
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	now := change{request.Method, request.URL.Path, request.Header.Get("Content-Type"), body}

	j.lock.Lock()
	defer j.lock.Unlock()
	answer := now.send(j.registry)
	if answer.Code < 300 {
		// Before the client hears of it: what was answered must survive a stop.
		if err := json.NewEncoder(j.file).Encode(now); err != nil {
			http.Error(response, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	for name, values := range answer.Header() {
		response.Header()[name] = values
	}
	response.WriteHeader(answer.Code)
	_, _ = response.Write(answer.Body.Bytes())
}
