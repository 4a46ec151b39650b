package main

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// meter counts the requests that reach the registry and delays each, as a distant one would be.
//
// `GET /_requests` answers with what was counted, `DELETE /_requests` forgets it; neither is counted or delayed.
type meter struct {
	registry http.Handler
	delay    time.Duration

	lock   sync.Mutex
	counts map[string]int
	open   int
	most   int
}

// counted is the answer of /_requests.
type counted struct {
	// How often METHOD PATH was asked for.
	Requests map[string]int `json:"requests"`
	// Requests that were open at the same time, at most.
	AtOnce int `json:"atOnce"`
}

func newMeter(registry http.Handler, delay time.Duration) *meter {
	return &meter{registry: registry, delay: delay, counts: map[string]int{}}
}

func (m *meter) ServeHTTP(response http.ResponseWriter, request *http.Request) {
	if request.URL.Path == "/_requests" {
		m.answer(response, request)
		return
	}
	m.begin(request)
	defer m.end()
	time.Sleep(m.delay)
	m.registry.ServeHTTP(response, request)
}

func (m *meter) begin(request *http.Request) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.counts[request.Method+" "+request.URL.Path]++
	m.open++
	m.most = max(m.most, m.open)
}

func (m *meter) end() {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.open--
}

func (m *meter) answer(response http.ResponseWriter, request *http.Request) {
	m.lock.Lock()
	defer m.lock.Unlock()
	switch request.Method {
	case http.MethodGet:
		response.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(response).Encode(counted{m.counts, m.most})
	case http.MethodDelete:
		m.counts, m.most = map[string]int{}, m.open
		response.WriteHeader(http.StatusNoContent)
	default:
		response.WriteHeader(http.StatusMethodNotAllowed)
	}
}
