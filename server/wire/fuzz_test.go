package wire

import "testing"

func FuzzFrameScanner(f *testing.F) {
	f.Add([]byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}, 3)
	f.Add([]byte{0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255}, 1)
	f.Add([]byte{0x81, 0xfe, 0, 0, 1, 2, 3, 4, 0x89, 0}, 5)
	f.Fuzz(func(t *testing.T, stream []byte, cut int) {
		cut = min(max(cut, 0), len(stream))
		var whole, parts FrameScanner
		if a, b := whole.Scan(stream), parts.Scan(stream[:cut])+parts.Scan(stream[cut:]); a != b || whole.left != parts.left || whole.have != parts.have {
			t.Errorf("whole: %d frames and %+v, in two: %d and %+v", a, whole, b, parts)
		}
	})
}
