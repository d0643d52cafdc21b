//! GitHub's workflow file, checked by its linter where that can be had.

use crate::install;
use crate::project::Project;
use crate::step::Call;
use crate::toolchain::program;

/// Runs actionlint; says so where it cannot be installed.
pub fn check(project: &Project) -> Result<String, String> {
    if let Err(reason) = install::actionlint(project) {
        let reason = reason.lines().next().unwrap_or_default().to_owned();
        return Ok(format!("not run: actionlint, which Go installs ({reason})\n"));
    }
    let call = Call {
        program: project.places.tools.join("bin").join(program("actionlint")).to_string_lossy().into_owned(),
        // Their other linters are whatever the machine has; ours are the same everywhere.
        args: ["-no-color", "-shellcheck=", "-pyflakes="].map(str::to_owned).into(),
        dir: project.places.root.clone(),
        env: Vec::new(),
        silent: false,
    };
    call.run(&project.toolchains, &project.logs().join("project-actionlint.log"))?;
    Ok("actionlint found nothing\n".into())
}
