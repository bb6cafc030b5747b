//! The examples of the help texts. A test runs each line of them that begins with `pump-hil`, and wants exit code 0.

pub(super) const RUN: &str = "\
Examples:
  pump-hil run
  pump-hil run flex-day
  pump-hil run --filter 'covers(SF04) and not tag(slow)'
  pump-hil run --rerun-failed
  pump-hil run program-out-of-range --rig sim-realtime
  pump-hil run --accept --reason 'CR-123: night rate'  # accept new and changed dose logs";

pub(super) const CHECK: &str = "\
Examples:
  pump-hil check
  pump-hil check scenarios/flex-day.yaml
  pump-hil check flex-day --rig sim-realtime";

pub(super) const NEW: &str = "\
Examples:
  pump-hil new own-pump --link serial --device learn
  pump-hil new our-pump
  cd our-pump
  pump-hil run";

pub(super) const LIST: &str = "\
Examples:
  pump-hil list
  pump-hil list --filter 'fault(battery-*)'
  pump-hil list --faults
  pump-hil list --coverage
  pump-hil list --rig serial             # what a pump on a serial port can run";

pub(super) const REPLAY: &str = "\
Example:
  pump-hil replay pump-hil-runs/latest";

pub(super) const SHOW: &str = "\
Examples:
  pump-hil show occlusion-during-basal
  pump-hil show scenarios/flex-day.yaml --no-plot
  pump-hil show pump-hil-runs/latest/flex-day@sim.jsonl --from 13h --to 15h
  pump-hil show ptm-lockout --only pump,faults";

pub(super) const RUNS: &str = "\
Examples:
  pump-hil runs
  pump-hil runs prune --keep 20

A run with a file named KEEP in its folder is never deleted.";

pub(super) const REVIEW: &str = "\
Examples:
  pump-hil review
  pump-hil review flex-day
  pump-hil review pump-hil-runs/latest   # what a run left in its folder, as one in CI does

At a terminal one key answers, without Enter:
  a  accept    r  reject    s  skip    q  quit
  t  the whole table        space  all there is to see
In a pipe each answer is a line; behind `a` comes the reason. With no name, these are the logs of your scenarios and of the last run.

Exit codes: 0 nothing waits any more, 1 something still waits, 2 a file is damaged, or nobody accepted it, 130 interrupted";

pub(super) const DECODE: &str = "\
Example:
  pump-hil decode pump-hil-runs/latest/flex-day@sim.jsonl --device stub";

pub(super) const DOCTOR: &str = "\
Examples:
  pump-hil doctor
  pump-hil doctor --rig sim
  pump-hil doctor --rig sim-realtime --json

Exit codes: 0 nothing is wrong, 2 a file is wrong, 3 something else is wrong: no run can be played";

pub(super) const EXPLAIN: &str = "\
Examples:
  pump-hil explain
  pump-hil explain fence oracle
  pump-hil explain single-bolus motor-stall
  pump-hil explain --device syringe set-rate
  pump-hil explain scenario-unit";

pub(super) const LEARN: &str = "\
Examples:
  pump-hil learn pump-hil-runs/latest/flex-day@sim.jsonl --device our-pump
  pump-hil learn pump-hil-runs/latest/flex-day@sim.jsonl > our-pump.yaml

Lines of a transcript that you type:
  > STAT\\r          < VOL 0.500 mL\\r\\n       what stands behind is a comment
  > 02 41 03        < 02 49 4A 03";

pub(super) const SHELL: &str = "\
Examples:
  pump-hil shell
  printf 'status\\nsave scenarios/tried.yaml\\n' | pump-hil shell --rig serial

At the prompt:
  status
  single-bolus! dose=50uL over=3s
  \"STAT\\r\" 0x0a
  save scenarios/tried.yaml
  quit";

pub(super) const SCHEMA: &str = "\
Example:
  pump-hil schema > scenario.schema.json

Then, in the settings of VS Code (with the YAML extension):
  \"yaml.schemas\": {\"./scenario.schema.json\": \"scenarios/*.yaml\"}";

pub(super) const COMPLETIONS: &str = "\
Example:
  mkdir -p ~/.local/share/bash-completion/completions
  pump-hil completions bash > ~/.local/share/bash-completion/completions/pump-hil";

pub(super) const MAN: &str = "\
Example:
  pump-hil man run > pump-hil-run.1      # read it with: man ./pump-hil-run.1";

#[cfg(feature = "sim")]
pub(super) const SIM: &str = "\
Example:
  pump-hil sim --link pump

Then, in another terminal: picocom --echo --omap crlf pump
and type: ?identify";

pub(super) const ALL: &str = "\
Examples:
  pump-hil run scenarios
  pump-hil check scenarios/occlusion-during-basal.yaml
  pump-hil list --faults";
