package browser

import (
	"bytes"
	"flag"
	"fmt"
	"image/png"
	"os"
	"testing"

	"github.com/chromedp/chromedp"
	"gotest.tools/v3/assert"
)

var picture = flag.String("picture", "", "where to put a picture of the race, for the README")

// What a newcomer sees first can be drawn, and the README's picture is made so.
func TestPictureOfTheRace(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	lanes := []string{"poll", "longpoll", "sse", "ws"}
	if hasSocketIO() {
		lanes = append(lanes, "socketio-ws")
	}
	b := race(t, s.url, "1", lanes...)
	said := 1
	if *picture != "" {
		said = 25
	}
	b.click("trickle") // about one message a second
	for _, l := range lanes {
		b.await(fmt.Sprintf(`Number(%s) >= %d`, figure(l, "messages"), said))
	}
	shot, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must(err)
	image, err := png.Decode(bytes.NewReader(shot))
	assert.Assert(t, err == nil && image.Bounds().Dx() == 1400, "the picture is of %d bytes: %v", len(shot), err)
	if *picture != "" {
		assert.NilError(t, os.WriteFile(*picture, shot, 0o644))
	}
}
