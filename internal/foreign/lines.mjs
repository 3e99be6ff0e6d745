// How a script talks to its test: JSON lines, events out and commands in. The
// end of its input ends a script, so that none outlives its test.
import { createInterface } from "node:readline";

export function tell(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + "\n");
}

/** Calls commands[line.command](line) for each line of input. */
export function obey(commands) {
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      const { command, ...fields } = JSON.parse(line);
      commands[command](fields);
    })
    .on("close", () => process.exit());
}
