package client

import (
	"fmt"
	"io"
	"syscall"
	"testing"
)

const (
	engineOpening = `0{"sid":"s/1","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	asksSocket    = "> GET /socket.io/?EIO=4&transport=websocket&room=lobby&after=0"
	asksSession   = "> GET /socket.io/?EIO=4&transport=polling&room=lobby&after=0"
	getsMore      = "> GET /socket.io/?EIO=4&transport=polling&sid=s%2F1"
	toSession     = "> POST /socket.io/?EIO=4&transport=polling&sid=s%2F1 "
	joinedNow     = `40{"sid":"y"}`
	emits         = `["chat message",{"user":"ada","text":"hello"}]`
	unanswered    = "no answer before the connection ended"
	unknown       = `{"code":1,"message":"Session ID unknown"}`
)

// chat is the packet that brings a message.
func chat(id uint64) wire { return cat(`42["chat message",`, numbered(id), "]") }

func text(parts ...any) wire { return frame(0x81, parts...) }

// taken is the answer to a POST.
func taken(line Line) func(*peer) { return hears(line, answer("200 OK", "ok")) }

func gets(parts ...any) func(*peer) { return hears(Main, answer("200 OK", parts...)) }

var (
	// These begin a client on a WebSocket, one that only gets, and one that posts.
	joinedSocket = []step{{connect(Main), asksSocket}, {hears(Main, switching(""), text(engineOpening)), "> 40"}, {hears(Main, text(joinedNow)), "ready"}}
	joinedGetter = []step{{connect(Main), asksSession}, {gets(engineOpening), toSession + "40"}, {taken(Main), getsMore}, {gets(joinedNow), getsMore + "; ready"}}
	joinedPoster = []step{{connect(Main), asksSession}, {gets(engineOpening), "dials post"}, {connect(Post), "post" + toSession + "40"}, {taken(Post), getsMore},
		{gets(joinedNow), getsMore + "; ready"}}
)

// other are packets that bring no message, but one of them a ping.
var other = []any{"6", "2", cat(`42["truncated",`, envelope(`{}`), "]"), cat(`42["error message",`, envelope(`{"status":400,"title":"no"}`), "]"),
	cat(`42["other",`, envelope(`[1,{"a":"]"}]`), ",", envelope("null"), "]"), `4217["wants an answer"]`}

var oddMessages = cat(`42[ "chat message" , `, numbered(2), " ,", envelope("6"), ",", envelope(`{"more":["]"]}`), " , ", envelope(`"AbCd-1"`), " ] ")

func framedAll(packets ...any) (all wire) {
	for _, p := range packets {
		all = cat(all, text(p))
	}
	return all
}

func joinedAll(packets ...any) (all wire) {
	for i, p := range packets {
		if i > 0 {
			all = cat(all, "\x1e")
		}
		all = cat(all, p)
	}
	return all
}

func engineConversations() []conversation {
	mixed := append([]any{chat(1), oddMessages}, other...)
	return []conversation{
		{"speaks", "socketio-ws", Target{}, steps(joinedSocket,
			step{hears(Main, framedAll(mixed...), text(chat(3))), "> 3; got 1 2 3"},
			step{publish("hello"), "> 421" + emits},
			step{hears(Main, text("4317[", envelope(`{"error":{"status":500,"title":"?"}}`), "]"), text("431[", object(4, "hello"), ",", envelope(`{"queued":0}`), "]")), "published"},
			step{publish("hello"), "> 422" + emits},
			step{hears(Main, text("431[", object(4, "hello"), "]")), ""},
			step{hears(Main, text("432[", envelope(`{"error":{"status":413,"title":"too long"}}`), "]")), "unpublished: 413 too long"},
			step{publish("hello"), "> 423" + emits},
			step{ends(Main, syscall.ECONNRESET), "unpublished: " + unanswered + "; ended: connection reset by peer"},
			step{publish("hello"), ""},
			step{connect(Main), "> GET /socket.io/?EIO=4&transport=websocket&room=lobby&after=3"},
			step{hears(Main, switching(""), text(engineOpening)), "> 40"},
			step{hears(Main, text(joinedNow)), "> 424" + emits + "; ready"},
			step{hears(Main, frame(0x88, "\x03\xe8")), "unpublished: " + unanswered + "; ended: planned"},
		), "requests=2 101=2 lost=1 reconnects=1 frames in=18 out=7"},
		{"gets", "socketio-polling", Target{}, steps(joinedGetter,
			step{gets(joinedAll(mixed...)), toSession + "3; got 1 2"},
			step{taken(Main), getsMore},
			step{gets("6"), getsMore},
			step{ends(Main, io.EOF), "dials main"}, // closed while idle
			step{connect(Main), getsMore + "; ready"},
			step{gets("2"), toSession + "3"},
			step{ends(Main, io.EOF), "ended: planned"}, // a POST is not sent again
			step{connect(Main), "> GET /socket.io/?EIO=4&transport=polling&room=lobby&after=2"},
			step{gets(engineOpening), toSession + "40"},
			step{taken(Main), getsMore},
			step{gets(joinedNow), getsMore + "; ready"},
			step{gets(joinedAll(chat(3), "1")), "got 3; ended: planned"},
			step{connect(Main), "> GET /socket.io/?EIO=4&transport=polling&room=lobby&after=3"},
		), "requests=14 200=11 unanswered=2 empty=2 reconnects=2"},
		{"posts", "socketio-polling", speaker, steps(joinedPoster,
			step{publish("hello"), "post" + toSession + "421" + emits},
			step{taken(Post), ""},
			step{gets("431[", object(1, "hello"), "]"), getsMore + "; published"},
			step{publish("hello"), "post" + toSession + "422" + emits},
			step{gets(joinedAll("2", cat("432[", envelope(`{"error":{"status":413,"title":"too long"}}`), "]"))), getsMore},
			step{taken(Post), "post" + toSession + "3; unpublished: 413 too long"},
			step{taken(Post), ""},
			step{publish("hello"), "post" + toSession + "423" + emits},
			step{hears(Post, answer("413 Too Large", "too long")), "unpublished: 413 too long"},
			step{publish("hello"), "post" + toSession + "424" + emits},
			step{gets("434[", object(2, "hello"), "]"), getsMore},
			step{ends(Post, io.EOF), "published"}, // as it was acknowledged
			step{publish("hello"), "dials post"},
			step{connect(Post), "post" + toSession + "425" + emits},
			step{taken(Post), ""},
			step{gets("435[", object(3, "hello"), "]"), getsMore + "; published"},
			step{ends(Post, io.EOF), ""},
			step{publish("hello"), "dials post"},
			step{connect(Post), "post" + toSession + "426" + emits},
			step{ends(Post, io.EOF), "unpublished: broken off"},
			step{publish("hello"), "dials post"},
			step{ends(Post, syscall.ECONNREFUSED), "unpublished: connection refused"},
		), "requests=15 200=11 413=1 unanswered=2 lost=2 reconnects=2"},
		{"ends while it posts", "socketio-polling", speaker, steps(joinedPoster,
			step{publish("hello"), "post" + toSession + "421" + emits},
			step{gets("431[", object(1, "hello"), "]"), getsMore},
			step{hears(Main, answer("400 Bad Request", envelope(unknown))), "published; ended: for good by 400 " + unknown},
			step{taken(Post), ""}, // of the session that has ended
			step{publish("hello"), ""},
			step{connect(Main), asksSession},
			step{gets(engineOpening), "post" + toSession + "40"},
			step{taken(Post), getsMore},
			step{gets(joinedNow), getsMore + "; post" + toSession + "422" + emits + "; ready"},
			step{ends(Main, io.EOF), "dials main"}, // closed while idle
			step{connect(Main), getsMore + "; ready"},
			step{gets("41"), "unpublished: " + unanswered + "; ended: planned"},
			step{connect(Main), asksSession},
			step{ends(Post, io.EOF), ""}, // of the session that has ended
			step{gets(engineOpening), "dials post"},
			step{connect(Post), "post" + toSession + "40"},
			step{hears(Post, answer("400 Bad Request", envelope(unknown))), "ended: 400 " + unknown},
		), "requests=14 200=10 400=2 unanswered=2 reconnects=3"},
	}
}

// A packet that is none, or comes at a wrong time, ends a session, and so does a
// refusal.
func TestPacketsThatEnd(t *testing.T) {
	spoken := map[string][]any{
		"planned": {"1", "41"},
		"malformed": {"", "0{}", "3", "5", "7", "4", "bAAEC", "45", `451-["chat message",{"_placeholder":true,"num":0}]`, "461-0[]", "47", "4x", `40{"sid":"z"}`, `44{"message":"late"}`,
			`42/admin,["chat message",{"id":1,"text":"a"}]`, `42`, `42{}`, `42[]`, `42[1]`, `42["chat message"]`, `42["chat message","hi"]`, `42["chat message",{"id":1}]`,
			`42["chat message",{"id":1,"text":"a"}`, `42["chat message",{"id":1,"text":"a"}]x`, `42["chat message",{"id":1,"text":"a"},]`, `42["chat message",{"id":1,"text":"a"}` + "\n",
			`4299999999999999999999["chat message"]`, `43[]`, `431`, `431[]`, `431[1]`, `431["ok"]`, cat(`431[`, envelope("{}"), "]"), `431[{"id":1}`, `431[{"id":1}],`},
	}
	opening := map[string][]any{"malformed": {"", "0", "0{}", `0{"sid":""}`, `0{"sid":1}`, "40", "hello", "6"}}
	joining := map[string][]any{
		"malformed":        {chat(1).bytes, `43[{"id":1}]`, engineOpening, "44", cat("44", envelope("[]"))},
		"404 no such room": {cat("44", envelope(`{"message":"no such room","data":{"status":404}}`))},
		"400 odd":          {cat("44", envelope(`{"message":"odd"}`)), cat("44", envelope(`{"message":"odd","data":"text"}`)), cat("44", envelope(`{"message":"odd","data":{"status":"none"}}`))},
	}
	for _, c := range []struct {
		name, transport string
		begins          []step
		packets         map[string][]any
		bring           func(parts ...any) func(*peer)
		counted         string
	}{
		{"opening", "socketio-ws", joinedSocket[:1], opening, func(parts ...any) func(*peer) { return hears(Main, switching(""), text(parts...)) }, shaken + " frames in=1"},
		{"opening", "socketio-polling", joinedGetter[:1], opening, gets, "requests=1 200=1"},
		{"joining", "socketio-ws", joinedSocket[:2], joining, func(parts ...any) func(*peer) { return hears(Main, text(parts...)) }, shaken + " frames in=2 out=1"},
		{"joining", "socketio-polling", joinedGetter[:3], joining, gets, "requests=3 200=3"},
		{"joined", "socketio-ws", joinedSocket, spoken, func(parts ...any) func(*peer) { return hears(Main, text(parts...)) }, shaken + " frames in=3 out=1"},
		{"joined", "socketio-polling", joinedGetter, spoken, gets, "requests=4 200=4"},
	} {
		for end, packets := range c.packets {
			for _, packet := range packets {
				t.Run(fmt.Sprintf("%s/%s/%.40s", c.transport, c.name, cat(packet).bytes), func(t *testing.T) {
					ends := conversation{transport: c.transport, steps: steps(c.begins, step{c.bring(packet), "ended: " + end}), counted: c.counted}
					ends.hold(t, new(Tools), 0)
					ends.hold(t, new(Tools), -1)
				})
			}
		}
	}
}
