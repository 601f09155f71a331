// Go's serialisers on the lines of the standard input, and net/http on a port: go run main.go PORT
// See node.mjs for what a server answers.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"runtime"
	"sort"
	"strings"
	"unicode/utf16"
)

type event struct {
	EventID          int64   `json:"eventId"`
	SubscriptionID   int64   `json:"subscriptionId"`
	PortalID         int64   `json:"portalId"`
	AppID            int64   `json:"appId"`
	OccurredAt       int64   `json:"occurredAt"`
	SubscriptionType string  `json:"subscriptionType"`
	AttemptNumber    int     `json:"attemptNumber"`
	ObjectID         int64   `json:"objectId"`
	PropertyName     *string `json:"propertyName"`
	PropertyValue    *string `json:"propertyValue"`
	ChangeSource     *string `json:"changeSource"`
	SourceID         *string `json:"sourceId"`
	ChangeFlag       *string `json:"changeFlag"`
}

func decoded(body []byte) (v any, err error) {
	err = json.Unmarshal(body, &v)
	return
}

func numbered(body []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return
}

type op func([]byte) ([]byte, error)

func with(decode func([]byte) (any, error), encode func(any) ([]byte, error)) op {
	return func(body []byte) ([]byte, error) {
		v, err := decode(body)
		if err != nil {
			return nil, err
		}
		return encode(v)
	}
}

func encoder(isEscaped bool) func(any) ([]byte, error) {
	return func(v any) ([]byte, error) {
		var out bytes.Buffer
		e := json.NewEncoder(&out)
		e.SetEscapeHTML(isEscaped)
		err := e.Encode(v)
		return out.Bytes(), err
	}
}

func printed(format string) op {
	return func(body []byte) ([]byte, error) { return []byte(fmt.Sprintf(format, body)), nil }
}

var serialisers = map[string]op{
	"marshal":       with(decoded, json.Marshal),
	"marshalNumber": with(numbered, json.Marshal),
	"encode":        with(decoded, encoder(true)),
	"encodePlain":   with(numbered, encoder(false)),
	"indent":        with(numbered, func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }),
	"rawMessage": func(body []byte) ([]byte, error) {
		return json.Marshal(json.RawMessage(body))
	},
	"indentRaw": func(body []byte) ([]byte, error) {
		var out bytes.Buffer
		err := json.Indent(&out, body, "", "\t")
		return out.Bytes(), err
	},
	"typed": func(body []byte) ([]byte, error) {
		var events []event
		if err := json.Unmarshal(body, &events); err != nil {
			return nil, err
		}
		return json.Marshal(events)
	},
	"percentV":  printed("%v"),
	"percentQ":  printed("%q"),
	"percentX":  printed("%x"),
	"percentHV": printed("%#v"),
	"mapV":      with(decoded, func(v any) ([]byte, error) { return []byte(fmt.Sprint(v)), nil }),
	"bytesJson": func(body []byte) ([]byte, error) { return json.Marshal(body) },
	"twice":     func(body []byte) ([]byte, error) { return json.Marshal(string(body)) },
	"goHtml":    func(body []byte) ([]byte, error) { return []byte(html.EscapeString(string(body))), nil },
	"base64":    func(body []byte) ([]byte, error) { return []byte(base64.StdEncoding.EncodeToString(body)), nil },
	"b64url":    func(body []byte) ([]byte, error) { return []byte(base64.RawURLEncoding.EncodeToString(body)), nil },
	"hex":       func(body []byte) ([]byte, error) { return []byte(hex.Dump(body)), nil },
	"urlencode": func(body []byte) ([]byte, error) { return []byte(url.QueryEscape(string(body))), nil },
	"trim":      func(body []byte) ([]byte, error) { return bytes.TrimSpace(body), nil },
	"ucs2": func(body []byte) ([]byte, error) {
		var out []byte
		for _, unit := range utf16.Encode([]rune(string(body))) {
			out = append(out, byte(unit), byte(unit>>8))
		}
		return out, nil
	},
}

func rebuilt(text string, change func(*url.URL) string) (string, error) {
	u, err := url.Parse(text)
	if err != nil {
		return "", err
	}
	return change(u), nil
}

var urls = map[string]func(string) (string, error){
	"parseString": func(t string) (string, error) { return rebuilt(t, (*url.URL).String) },
	"encode": func(t string) (string, error) {
		return rebuilt(t, func(u *url.URL) string { u.RawQuery = u.Query().Encode(); return u.String() })
	},
	"added": func(t string) (string, error) {
		return rebuilt(t, func(u *url.URL) string {
			query := u.Query()
			query.Set("source", "hubspot")
			u.RawQuery = query.Encode()
			return u.String()
		})
	},
	"queryUnescape": func(t string) (string, error) { return url.QueryUnescape(t) },
	"pathUnescape":  func(t string) (string, error) { return url.PathUnescape(t) },
	"pathOnly": func(t string) (string, error) {
		return rebuilt(t, func(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path + "?" + u.RawQuery })
	},
	"cleaned": func(t string) (string, error) {
		return rebuilt(t, func(u *url.URL) string { u.Path = path.Clean(u.Path); return u.String() })
	},
	"hostname": func(t string) (string, error) {
		return rebuilt(t, func(u *url.URL) string { u.Host = u.Hostname(); return u.String() })
	},
	"requestUri": func(t string) (string, error) { return rebuilt(t, (*url.URL).RequestURI) },
	"htmlEscape": func(t string) (string, error) { return html.EscapeString(t), nil },
}

func serve(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	target := map[string]string{
		"raw":       "http://" + r.Host + r.RequestURI,
		"urlString": "https://" + r.Host + r.URL.String(),
		"path":      "https://" + r.Host + r.URL.Path + "?" + r.URL.RawQuery,
		"query":     "https://" + r.Host + r.URL.EscapedPath() + "?" + r.URL.Query().Encode(),
		"whole":     r.URL.String(),
	}
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		target["splitHost"] = "https://" + host + r.RequestURI
	}
	bodies := map[string]string{}
	if v, err := decoded(raw); err == nil {
		again, _ := json.Marshal(v)
		bodies["marshal"] = base64.StdEncoding.EncodeToString(again)
	}
	bodies["percentV"] = base64.StdEncoding.EncodeToString([]byte(fmt.Sprint(raw)))
	rest, _ := io.ReadAll(r.Body)
	bodies["again"] = base64.StdEncoding.EncodeToString(rest)
	headers := [][2]string{{"Host", r.Host}}
	for name, values := range r.Header {
		for _, value := range values {
			headers = append(headers, [2]string{name, value})
		}
	}
	sort.Slice(headers[1:], func(i, j int) bool { return headers[1+i][0] < headers[1+j][0] })
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"h": headers, "u": target, "b": bodies})
}

func names[V any](m map[string]V) (list []string) {
	for name := range m {
		list = append(list, name)
	}
	sort.Strings(list)
	return
}

func main() {
	mux := http.NewServeMux()
	mux.Handle("/mounted/", http.StripPrefix("/mounted", http.HandlerFunc(serve)))
	mux.HandleFunc("/", serve)
	go http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/mounted/") {
			mux.ServeHTTP(w, r)
			return
		}
		serve(w, r)
	}))
	out := json.NewEncoder(os.Stdout)
	out.Encode(map[string]any{"versions": map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}, "ops": names(serialisers), "urls": names(urls)})
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var job struct {
			Op, URL string
			Body    []byte
		}
		json.Unmarshal(line, &job)
		var made []byte
		if job.URL != "" {
			var text string
			text, err = urls[job.Op](job.URL)
			made = []byte(text)
		} else {
			made, err = serialisers[job.Op](job.Body)
		}
		if err != nil {
			out.Encode(map[string]string{"error": err.Error()})
		} else {
			out.Encode(map[string][]byte{"out": made})
		}
	}
}
