package trials

// MainPush is the transport that stands for push where one has to: WebSocket, if
// it was measured.
func MainPush(pushes []string) string {
	for _, name := range pushes {
		if name == "ws" {
			return name
		}
	}
	return pushes[0]
}
