package control

import (
	"context"
	"crypto/x509"
	"errors"
	"path/filepath"

	"github.com/pollpush/pollpush/internal/contract"
	"github.com/pollpush/pollpush/internal/proc"
)

// Arm is a server that trials are run against. Of several all are of a kind:
// programs, targets that run already, or started ones. Targets all speak TLS, or
// none does.
type Arm struct {
	Chatserver string // path of the program
	Target     string // base URL of a server that somebody else runs; "" starts one per trial
	TargetPID  int    // its process, if it is on this host; 0 leaves its cost out
	Start      *Start // starts the target for each trial; nil where it is running already
	Dir        string // the run's folder: made if it is not there, refused if it holds anything
	Commit     string // of the server, or of pollpush where it is a target
}

// name is the run's: that of its folder.
func (a Arm) name() string {
	if path, err := filepath.Abs(a.Dir); err == nil {
		return filepath.Base(path)
	}
	return filepath.Base(a.Dir)
}

// fitTarget sees that an arm's target, if it is one, can be loaded by so many
// clients.
func (r *runner) fitTarget(ctx context.Context, arm *Arm, roots *x509.CertPool, clients int) (err error) {
	if arm.Target == "" {
		return nil
	}
	if arm.Start != nil {
		f := &fleet{}
		defer func() { err = errors.Join(err, f.end(ctx, endGrace)) }()
		pids, err := arm.Start.up(ctx, f, roots)
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			r.say.line("%s: CPU and memory of the server are not measured: no process of %q listens on its port", arm.name(), arm.Start.Command)
		}
	}
	if err := checkTarget(ctx, arm.Target, roots); err != nil {
		return err
	}
	arm.Target, _ = contract.Base(arm.Target) // checked
	if err := checkTransports(ctx, arm.Target, roots, r.Grid.Transports()); err != nil {
		return err
	}
	if arm.TargetPID != 0 {
		if _, err := proc.Read(arm.TargetPID); err != nil {
			return refuse("--target-pid: %w; give the id of the server's process on this host, or omit the flag", err)
		}
		if text := strange(arm.Target, arm.TargetPID); text != "" {
			r.say.line("%s: %s", arm.name(), text)
		}
	}
	return checkPorts(arm.Target, clients, r.machine.Ports)
}
