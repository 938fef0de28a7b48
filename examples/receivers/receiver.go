// A receiver for pollhook in Go (1.19 or newer), without dependencies. docs/receivers.md says why it is as it is.
//
//	WEBHOOK_SECRET='whsec_…' PORT=9000 go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	largestBody = 10_000_000
	tolerance   = 5 * time.Minute // that clocks may differ
)

// Event is the standard body. Records stay as they came: their numbers may have more digits than a float64.
type Event struct {
	Type string
	Data struct {
		Source, Key, Change string
		Sequence            uint64
		Current, Previous   json.RawMessage
	}
}

// handle is what to do with an event: the part that is yours. An error means that it is tried again.
func handle(event Event) error {
	fmt.Println("handled", event.Type, event.Data.Key, event.Data.Sequence)
	return nil
}

var (
	inbox   = env("INBOX", "inbox")
	done    = filepath.Join(inbox, "done")
	arrived = make(chan struct{}, 1)
	storing sync.Mutex
)

func main() {
	keys, err := keysOf(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	if err := os.MkdirAll(done, 0o755); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:"+env("PORT", "9000"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	go work()
	server := http.Server{
		Handler:     http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { receive(w, r, keys) }),
		ReadTimeout: time.Minute,
	}
	log.Fatal(server.Serve(listener))
}

func receive(w http.ResponseWriter, r *http.Request, keys [][]byte) {
	// The raw bytes: they are signed, not what a parser makes of them.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if err != nil {
		http.Error(w, "the body is too large or incomplete", http.StatusRequestEntityTooLarge)
		return
	}
	if err := verify(r.Header, body, keys); err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	if err := store(r.Header.Get("webhook-id"), body); err != nil {
		log.Print(err)
		w.WriteHeader(http.StatusInternalServerError) // pollhook sends it again
		return
	}
	w.WriteHeader(http.StatusNoContent) // it is on disk: acknowledge, and work later
	wake()
}

// verify says what is wrong with a message.
func verify(header http.Header, body []byte, keys [][]byte) error {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	signatures := header.Get("webhook-signature")
	if id == "" || timestamp == "" || signatures == "" {
		return errors.New("a webhook- header is missing")
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > tolerance {
		return errors.New("the timestamp is too old or too new")
	}
	for _, key := range keys {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.", id, timestamp)
		mac.Write(body)
		expected := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
		for _, given := range strings.Split(signatures, " ") {
			if hmac.Equal([]byte(given), expected) {
				return nil
			}
		}
	}
	return errors.New("the signature does not match")
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9_-]`)

// store keeps an event durably, once: the same event always has the same name.
func store(id string, body []byte) error {
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		return err
	}
	name := fmt.Sprintf("%015d-%s.json", event.Data.Sequence, unsafe.ReplaceAllString(id, ""))
	storing.Lock()
	defer storing.Unlock()
	if exists(filepath.Join(inbox, name)) || exists(filepath.Join(done, name)) {
		return nil
	}
	part := filepath.Join(inbox, name+".part")
	file, err := os.Create(part)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(body); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return os.Rename(part, filepath.Join(inbox, name))
}

// work handles what is in the inbox, in the order of the sequence, for ever.
func work() {
	for {
		names, _ := filepath.Glob(filepath.Join(inbox, "*.json"))
		for _, name := range names {
			if err := handleFile(name); err != nil {
				log.Print("will be tried again: ", err)
				time.AfterFunc(5*time.Second, wake)
				break
			}
		}
		<-arrived
	}
}

func handleFile(name string) error {
	body, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	var event Event
	if err := json.Unmarshal(body, &event); err != nil {
		return err
	}
	if err := handle(event); err != nil {
		return err
	}
	return os.Rename(name, filepath.Join(done, filepath.Base(name)))
}

func wake() {
	select {
	case arrived <- struct{}{}:
	default: // it is awake
	}
}

// keysOf reads several secrets, separated by blanks, while they are rotated.
func keysOf(secrets string) ([][]byte, error) {
	var keys [][]byte
	for _, secret := range strings.Fields(secrets) {
		key := []byte(secret)
		if strings.HasPrefix(secret, "whsec_") {
			var err error
			if key, err = base64.StdEncoding.DecodeString(secret[len("whsec_"):]); err != nil {
				return nil, err
			}
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 {
		return nil, errors.New("set WEBHOOK_SECRET")
	}
	return keys, nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
