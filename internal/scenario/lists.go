package scenario

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// transports is a list of known transports, each once, or all of them: "all".
type transports struct{}

func (f transports) parse(d *draft, v value) []problem {
	known := strings.Join(d.known.Transports, ", ")
	items := v.items
	switch {
	case v.scalar() && v.text == "all":
		d.Transports = slices.Clone(d.known.Transports)
		return nil
	case v.form == flag && strings.TrimSpace(v.text) != "":
		items = v.split()
	case v.form != list && v.form != flag:
		return refuse(v, "must be %s; choose from %s", f.Allowed(), known)
	}
	if len(items) == 0 {
		return refuse(v, "is empty; name at least one of %s", known)
	}
	var wrong []problem
	var names []string
	for _, item := range items {
		switch {
		case item.scalar() && item.text == "all":
			wrong = append(wrong, refuse(item, "must be the only entry: it means every transport")...)
		case !item.scalar() || !slices.Contains(d.known.Transports, item.text):
			wrong = append(wrong, refuse(item, "no such transport%s; choose from %s", Suggest(item.text, d.known.Transports), known)...)
		case slices.Contains(names, item.text):
			wrong = append(wrong, refuse(item, "occurs twice; name each transport once")...)
		default:
			names = append(names, item.text)
		}
	}
	if wrong == nil {
		d.Transports = names
	}
	return wrong
}

func (transports) format(s *Scenario) string { return strings.Join(s.Transports, ",") }
func (transports) Allowed() string           { return "a list such as [poll, ws], or all" }
func (transports) Placeholder() string       { return "A,B" }

func (transports) Schema() map[string]any {
	name := map[string]any{"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
	return map[string]any{"oneOf": []any{map[string]any{"const": "all"}, ListOf(name)}}
}

// ListOf is the JSON Schema of a list of different values.
func ListOf(value map[string]any) map[string]any {
	return map[string]any{"type": "array", "items": value, "minItems": 1, "uniqueItems": true}
}

// limits is a share for each of some metrics: {bytes-per-delivery-in: 5%}.
type limits struct{}

func (f limits) parse(d *draft, v value) []problem {
	items := v.pairs
	switch {
	case v.form == flag && v.text == "":
	case v.form == flag:
		for _, item := range v.split() {
			name, limit, ok := strings.Cut(item.text, "=")
			if !ok {
				return refuse(v, "must be METRIC=LIMIT, such as bytes-per-delivery-in=5%%; separate several with commas")
			}
			items = append(items, value{text: name}, value{text: limit})
		}
	case v.form != mapping:
		return refuse(v, "must be %s", f.Allowed())
	}
	var wrong []problem
	set := map[string]float64{}
	for i := 0; i+1 < len(items); i += 2 {
		name, limit := items[i], items[i+1]
		share, err := parseLimit(limit.text)
		switch {
		case !slices.Contains(d.known.Metrics, name.text):
			wrong = append(wrong, refuse(name, "no such metric%s; choose from %s", Suggest(name.text, d.known.Metrics), strings.Join(d.known.Metrics, ", "))...)
		case !limit.scalar() || err != nil:
			wrong = append(wrong, refuse(limit, "is not a limit; must be a percentage from 0%% to 1000%%, such as 5%%")...)
		default:
			if _, twice := set[name.text]; twice {
				wrong = append(wrong, refuse(name, "occurs twice; give each metric one limit")...)
			}
			set[name.text] = share
		}
	}
	if wrong == nil && len(set) > 0 {
		d.Limits = set
	}
	return wrong
}

// ParseLimits reads limits as a flag holds them: "lost=1%,bytes-per-delivery-in=5%".
// The error is an [*Error] that names the flag.
func ParseLimits(flag, text string, metrics []string) (map[string]float64, error) {
	d := newDraft("", "", Known{Metrics: metrics})
	d.from["limits"] = origin{flag: flag}
	d.set(find("limits"), 0, value{text: text})
	return d.Limits, report("", d.faults)
}

func (limits) format(s *Scenario) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(s.Limits)) {
		parts = append(parts, name+"="+strconv.FormatFloat(100*s.Limits[name], 'f', -1, 64)+"%")
	}
	return strings.Join(parts, ",")
}

func (limits) Allowed() string {
	return "metrics with limits from 0% to 1000%, such as {bytes-per-delivery-in: 5%}"
}

func (limits) Schema() map[string]any {
	share := map[string]any{"type": "string", "pattern": percentForm.String()}
	return map[string]any{"type": "object", "additionalProperties": share}
}

func (limits) Placeholder() string { return "METRIC=5%,…" }
