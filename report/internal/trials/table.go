package trials

// AsksAndPushes says whether some of the transports go by requests and others do
// not, all served by our own server.
func (r *Point) AsksAndPushes() bool {
	asks, pushes := false, false
	for i := range r.Sides {
		if s := &r.Sides[i]; len(s.Used) > 0 {
			requests := s.Paced() || s.Rearms()
			asks, pushes = asks || requests, pushes || !requests
		}
	}
	return asks && pushes && r.Head.Env.Target == ""
}
