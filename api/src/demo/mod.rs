//! The demo: real divisions and places, made-up people, and one volunteer's day.

use std::sync::Arc;

use boai_entity::Instant;
use indicatif::{ProgressBar, ProgressStyle};
use sea_orm::{EntityTrait, PaginatorTrait};
use sea_orm_migration::MigratorTrait;

use crate::{
    app::App,
    cli::{address, bind, hold_folder, interrupted},
    config::Config,
    platform::{
        clock::Clock,
        db::Db,
        random::Random,
        sms::{Recorder, Sms},
    },
    server,
};

mod day;
pub mod town;

pub struct Options {
    pub fresh: bool,
    pub seed: u64,
    /// Play the day and stop.
    pub once: bool,
}

/// Fills the database unless it is filled, plays the day, and serves until Ctrl-C.
pub async fn run(mut config: Config, options: Options) -> Result<(), String> {
    // People here are made up, and whoever tries things out with curl has no authenticator app at hand.
    config.officers.second_factor = false;
    let listener = bind(&config).await?;
    let url = address(&listener);
    let _held = hold_folder(&config)?;
    if options.fresh {
        start_over(&config).await?;
    }
    let phone = Recorder::default();
    let app = App::start(config, Clock::system(), Random::system(), Some(Sms::Demo(phone.clone()))).await?;
    let first_time = fill(&app, options.seed).await?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server::serve(app.clone(), listener, async {
        let _ = stopped.await;
    }));
    if first_time {
        println!("\nOne volunteer's day, over {url}/graphql; the server's clock is moved, nothing is slept:\n");
        let day = day::free_day(&app.db, app.clock.now()).await.map_err(|error| format!("the demo's day: {error}"))?;
        day::play(&url, day, &app.clock, &phone).await?;
        app.clock.reset();
    } else {
        println!("The data is there from an earlier run; --fresh starts over and plays the day again.");
    }
    if !options.once {
        explain(&url);
        interrupted().await;
    }
    let _ = stop.send(());
    serving.await.map_err(|error| format!("the server broke: {error}"))??;
    println!("stopped");
    Ok(())
}

/// Loads the province unless it is there. Says whether it was loaded now.
async fn fill(app: &Arc<App>, seed: u64) -> Result<bool, String> {
    let told = |error: sea_orm::DbErr| format!("the demo's data could not be loaded: {error}");
    if town::is_loaded(&app.db).await.map_err(told)? {
        return Ok(false);
    }
    if boai_entity::division::Entity::find().count(&app.db.conn).await.map_err(told)? > 0 {
        return Err("this database has divisions in it that the demo did not make; give the demo one of its own with \
                    --data-dir or DATABASE_URL"
            .into());
    }
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:>12} {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    let progress = |what: &str, done: u64, of: u64| {
        bar.set_message(what.to_owned());
        bar.set_length(of);
        bar.set_position(done);
    };
    let started = std::time::Instant::now();
    let now: Instant = app.clock.now();
    let town = town::load(&app.db, seed, now, &progress).await.map_err(told)?;
    bar.finish_and_clear();
    println!(
        "Loaded in {:.1} s: {} divisions, {} branches, {} teams, {} activities with {} shifts, {} volunteers, {} service \
         records, {} h confirmed",
        started.elapsed().as_secs_f64(),
        town.divisions,
        town.branches,
        town.teams,
        town.activities,
        town.shifts,
        town.volunteers,
        town.records,
        town.confirmed_minutes / 60
    );
    Ok(true)
}

/// Drops what the demo made before; anything else is not the demo's to drop.
async fn start_over(config: &Config) -> Result<(), String> {
    let told = |error: sea_orm::DbErr| format!("--fresh: {error}");
    if config.database_url.is_none() && !config.data_dir.join("boai.sqlite").is_file() {
        return Ok(());
    }
    let db = Db::connect(&config.database_url(), 1).await.map_err(told)?;
    if db.is_empty().await.map_err(told)? {
        return Ok(());
    }
    // A database without our tables cannot be asked, and is not the demo's either.
    if !town::is_loaded(&db).await.unwrap_or(false) {
        return Err(
            "--fresh: this database holds something that the demo did not make, so it is not dropped. Choose another \
                    with --data-dir or DATABASE_URL"
                .into(),
        );
    }
    boai_migration::Migrator::fresh(&db.conn).await.map_err(told)?;
    db.conn.close().await.map_err(told)
}

fn explain(url: &str) {
    let shown = |phone: &str| phone.trim_start_matches("+86").to_owned();
    println!(
        "
Serving at {url}
  GraphiQL    {url}/          (POST {url}/graphql, subscriptions at the same address)
  Sign in with requestSignInCode and signIn; the code is printed here:
    volunteer       {}  王小明
    team leader     {}  李芳
    desk            {}
    branch officer  {}  杭州市红十字会
    officer above   {}  浙江省红十字会
Officers act here without a second factor; `boai serve` asks for one unless it is set otherwise.
Ctrl-C stops it.",
        shown(town::VOLUNTEER_PHONE),
        shown(town::LEADER_PHONE),
        shown(town::DESK_PHONE),
        shown(town::OFFICER_PHONE),
        shown(town::PROVINCE_PHONE),
    );
}
