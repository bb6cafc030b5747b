//! `pump-hil shell`: a person talks to the pump of a rig, and sees each frame with its fields.
//!
//! Each part knows those before it: `typed` (what was typed), `frame_text` (frames as text), `verb` (a verb as a request), `words` and `screen` (where lines
//! come from), `saved` (what was done, as a scenario), `conversation`, `reread` (a profile that is saved), `guarded` (how the pump is left).

mod conversation;
mod frame_text;
mod guarded;
mod reread;
mod saved;
mod screen;
mod typed;
mod verb;
mod words;

use super::exit::{CliError, Exit};
use super::inputs;
use super::line_args::Shell;
use super::print::{eprint, eprint_styled};
use super::project::Project;
use crate::files;
use crate::interrupt::{self, Interrupt};
use crate::safety::{Stopped, guarded_by, state_folder};
use conversation::{Conversation, ended};
use pump_hil_model::quantity::Span;
use pump_hil_model::safe_text::{safe, safe_path};
use pump_hil_rig::{Given, RigFile, host_time};
use pump_hil_talk::device::Profile;
use pump_hil_talk::protocol::Effect;
use pump_hil_talk::session::RequestEnd;
use reread::SavedProfile;
use saved::{Came, Done};
use screen::{Input, Screen};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use typed::{Asked, Typed};
use words::Words;

/// How often it is looked for a line, and for what the pump says meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(40);

pub(super) fn shell(args: &Shell, project: &Project) -> Result<Exit, CliError> {
    let named = args.rig.clone().unwrap_or_else(|| PathBuf::from("sim"));
    let shelf = project.shelf(&[])?;
    let given = Given {
        flash: None,
        port: args.port.clone(),
        trusted: args.trust_rig,
    };
    let rigs = match inputs::rigs(&shelf, std::slice::from_ref(&named), &given)? {
        Ok(rigs) => rigs,
        Err(diagnostics) => {
            eprint_styled(&diagnostics);
            return Ok(Exit::Usage);
        }
    };
    inputs::are_trusted(&rigs)?;
    let Some(rig) = rigs.into_iter().next() else {
        return Err(CliError::no_such_path(&named));
    };
    let (interrupter, interrupt) = interrupt::pair();
    interrupt::on_signals(interrupter).map_err(|e| CliError::rig(format!("cannot handle signals: {e}")))?;
    if let Ok(program) = std::env::current_exe() {
        guarded_by(program);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| CliError::rig(format!("cannot start the event loop: {e}")))?;
    runtime.block_on(talk(named, rig, interrupt))
}

/// Opens the rig, takes lines until there are no more, and leaves the pump.
async fn talk(named: PathBuf, file: RigFile, interrupt: Interrupt) -> Result<Exit, CliError> {
    let (mut rig, guarded) = guarded::open(&file).await?;
    let words = Words::default();
    words.set(verb::verbs(rig.profile()));
    // Without a folder for it there is no history, and all else is as ever.
    let history = state_folder().filter(|folder| std::fs::create_dir_all(folder).is_ok());
    let history = history.map(|folder| folder.join("shell-history"));
    let mut screen = Screen::open(&words, history).map_err(CliError::usage)?;
    let warning = guarded::warning(&mut rig);
    let mut session = Person {
        saved: SavedProfile::of(named, &file),
        pump: Conversation::new(rig, interrupt.clone()),
        words,
        done: Vec::new(),
        ended: Span(0),
        touched: false,
        granted: file.clock.scale().is_none(),
        rig: file,
    };
    screen.say(&session.greeting());
    if let Some(earlier) = &guarded.earlier {
        screen.say(&format!(
            "warning: {}; the pump is made safe when you leave\n",
            safe(earlier)
        ));
    }
    warning.into_iter().for_each(|warning| screen.say(&warning));
    let stopped = session.take_lines(&mut screen, &interrupt).await;
    let broke = match &stopped {
        Ok(()) | Err(Stopped::Interrupted(_)) => false,
        Err(error) => {
            screen.say(&format!("error: {}\n", safe(&error.to_string())));
            true
        }
    };
    if session.touched {
        screen.say("Something with an effect was sent: the pump is made safe\n");
    }
    let (did, failed) = guarded.leave(session.pump.rig(), session.touched).await;
    did.iter().for_each(|what| screen.say(&format!("  {}\n", safe(what))));
    if !session.touched && did.is_empty() {
        screen.say("Nothing with an effect was sent: the pump is left as it is\n");
    }
    drop(screen);
    failed
        .iter()
        .for_each(|what| eprint(&format!("NOT SAFE: {}\n", safe(what))));
    Ok(match (broke || !failed.is_empty(), stopped) {
        (true, _) => Exit::Rig,
        (false, Err(Stopped::Interrupted(_))) => Exit::Interrupted,
        _ => Exit::Passed,
    })
}

/// A person at a pump.
struct Person {
    rig: RigFile,
    saved: SavedProfile,
    pump: Conversation,
    words: Words,
    /// What was done: how long after what was before it ended, and what.
    done: Vec<(Span, Done)>,
    /// When the last of it ended.
    ended: Span,
    /// Something was sent that may have an effect.
    touched: bool,
    /// Time passes only when it is asked to.
    granted: bool,
}

impl Person {
    fn greeting(&self) -> String {
        let (rig, device) = (safe(&self.rig.name), safe(&self.pump.profile().device));
        let time = if self.granted {
            "; its time passes with `wait`"
        } else {
            ""
        };
        format!("Rig {rig}, device {device}{time}. `help` tells what can be typed; `quit` leaves.\n")
    }

    /// Takes lines until there are no more. What the pump says meanwhile is shown.
    async fn take_lines(&mut self, screen: &mut Screen, interrupt: &Interrupt) -> Result<(), Stopped> {
        // What it said when it was opened.
        self.pump.pass(self.pump.now(), screen).await?;
        self.ended = self.pump.now();
        loop {
            if let Some(by) = interrupt.by() {
                return Err(Stopped::Interrupted(by));
            }
            if let Some(read) = self.saved.saved() {
                self.read_again(read, screen);
            }
            match screen.next() {
                Some(Input::Line(line)) => {
                    let more = self.line(&line, screen).await?;
                    self.ended = self.pump.now();
                    if !more {
                        return Ok(());
                    }
                    screen.go_on();
                }
                Some(Input::End) => return Ok(()),
                Some(Input::Interrupt) => return Err(Stopped::Interrupted("Ctrl-C")),
                None if self.granted => host_time::sleep(LOOK_EVERY).await,
                None => {
                    let scale = i64::from(self.rig.clock.scale().unwrap_or(1));
                    let ms = i64::try_from(LOOK_EVERY.as_millis()).unwrap_or(i64::MAX);
                    self.pump
                        .pass(self.pump.after(Span(ms.saturating_mul(scale))), screen)
                        .await?;
                }
            }
        }
    }

    /// Does what a line asks for; `false`: leave.
    async fn line(&mut self, line: &str, screen: &mut Screen) -> Result<bool, Stopped> {
        match Typed::read(line) {
            Err(why) => screen.say(&format!("{}\n", safe(&why))),
            Ok(Typed::Nothing) => {}
            Ok(Typed::Quit) => return Ok(false),
            Ok(Typed::Help) => screen.say(&self.help()),
            Ok(Typed::Save(file)) => screen.say(&self.save(&file)),
            Ok(Typed::Wait(span)) => {
                self.pump.pass(self.pump.after(span), screen).await?;
                self.done.push((Span(0), Done::Waited(span)));
            }
            Ok(Typed::Bytes(bytes)) => {
                let after = self.pause();
                // Nobody knows what bytes do.
                self.touched = true;
                self.pump.send(&bytes, screen).await?;
                self.done.push((after, Done::Sent(bytes)));
            }
            Ok(Typed::Verb(asked)) => self.ask(asked, screen).await?,
        }
        Ok(true)
    }

    /// How long ago what was done last ended.
    fn pause(&self) -> Span {
        Span(self.pump.now().0.saturating_sub(self.ended.0).max(0))
    }

    async fn ask(&mut self, asked: Asked, screen: &mut Screen) -> Result<(), Stopped> {
        let profile = self.pump.profile().clone();
        let request = match verb::request(&asked, &self.rig, &profile) {
            Ok(request) => request,
            Err(wrong) => {
                wrong.iter().for_each(|what| screen.say(&format!("{}\n", safe(what))));
                return Ok(());
            }
        };
        let effect = verb::effect(&request, &profile);
        if effect == Effect::Dose && !asked.may_dose {
            let verb = safe(&asked.verb);
            screen.say(&format!(
                "`{verb}` may make the pump deliver: type `{verb}!` if it may\n"
            ));
            return Ok(());
        }
        let after = self.pause();
        let (before, sent) = (self.touched, self.pump.sent());
        self.touched |= effect != Effect::None;
        let end = self.pump.ask(&request, screen).await?;
        screen.say(&ended(&asked.verb, &end));
        let came = match end {
            RequestEnd::Ok { .. } => Came::Ok,
            RequestEnd::Refused { reason, .. } => Came::Refused(reason),
            RequestEnd::NotSent { .. } if self.pump.sent() == sent => {
                self.touched = before;
                return Ok(());
            }
            RequestEnd::NotSent { .. } => Came::Nothing("only a part of it could be said"),
            RequestEnd::NoReply { .. } => Came::Nothing("no answer came"),
            RequestEnd::CutOff { .. } | RequestEnd::Abandoned => Came::Nothing("it was given up"),
        };
        self.done.push((after, Done::Asked(asked, came)));
        Ok(())
    }

    /// The profile was saved: it counts from here on, or what is wrong with it is told.
    fn read_again(&mut self, read: Result<Arc<Profile>, String>, screen: &mut Screen) {
        match read {
            Ok(profile) => {
                screen.say("The profile was saved. The session so far, as it reads it:\n");
                self.words.set(verb::verbs(&profile));
                self.pump.read_again(profile, screen);
            }
            Err(rendered) => {
                screen.say(&rendered);
                screen.say("The profile was saved with mistakes; the one before it still counts\n");
            }
        }
    }

    fn help(&self) -> String {
        let mut text = String::from(
            "A verb of the pump, with its arguments as in a scenario: single-bolus! dose=50uL over=3s\n\
             \x20 `!` behind a verb: it may make the pump deliver\n\
             Bytes, sent as they are: \"STAT\\r\", 0x02 41 03, or both\n\
             wait TIME    lets time pass, and shows what comes\n\
             save FILE    writes what was done as a scenario\n\
             quit         leaves; if something with an effect was sent, the pump is made safe\n\
             The profile is read again when its file is saved.\nVerbs of this pump:\n",
        );
        for (verb, names) in verb::verbs(self.pump.profile()) {
            let names: Vec<String> = names.iter().map(|name| format!(" {name}=..")).collect();
            text.push_str(&format!("  {}{}\n", safe(&verb), safe(&names.concat())));
        }
        text
    }

    /// Writes what was done as a scenario.
    fn save(&self, file: &Path) -> String {
        if self.done.is_empty() {
            return "nothing was done yet that could be saved\n".to_owned();
        }
        let name = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let right = name.starts_with(|c: char| c.is_ascii_lowercase());
        let right = right
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !right || file.extension().is_none_or(|ending| ending != "yaml") {
            return "name the file as its scenario, in lower-case words joined by `-`, such as `save scenarios/tried-once.yaml`\n".to_owned();
        }
        if file.exists() {
            return format!("`{}` is there already; name another file\n", safe_path(file));
        }
        let text = saved::scenario(&name, &self.rig.name, self.pump.profile(), &self.done);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let made = folder.map_or(Ok(()), std::fs::create_dir_all);
        match made.and_then(|()| files::write_whole(file, text.as_bytes())) {
            Ok(()) => format!("written: {}\n", safe_path(file)),
            Err(error) => format!("cannot write `{}`: {error}\n", safe_path(file)),
        }
    }
}
