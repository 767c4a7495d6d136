/**
 * Starts the Rounds view: loads the council, makes the model and the parts, opens the stream, keeps the house.
 * The only file that knows all the parts of it. Called by main, where the area is a council.
 */
import "../style/rounds.css";
import "../style/rounds_timeline.css";
import "../style/rounds_changes.css";
import { LiveStream, type Messages } from "../api/live_stream";
import type { RoundsClient } from "../api/rounds_client";
import type { RoundsMessages } from "../api/rounds_types";
import type { AreaName } from "../api/types";
import { el } from "../dom/element";
import { sooner } from "../dom/sooner";
import { HelpSheet } from "../panel/help_sheet";
import { pictureAgeS, RENEW_STREAM_MS } from "../state/health";
import { keepTheme } from "../state/theme";
import { ViewSwitch } from "../strip/view_switch";
import { words } from "../words/catalogue";
import { setTimeZone } from "../words/format";
import { AddSheet } from "./add_sheet";
import { ChangeList } from "./change_list";
import { ClusterList } from "./cluster_list";
import { failureWords, RoundsCommands } from "./commands";
import { ExportMenu } from "./export_menu";
import { RoundsMap } from "./map_view";
import { MoveSheet } from "./move_sheet";
import { PriceDesk } from "./price_desk";
import { RefusedList } from "./refused_list";
import { RoundsAnnouncer } from "./rounds_announcer";
import { RoundsBanner } from "./rounds_banner";
import { listenToRoundsKeys } from "./rounds_keys";
import { RoundsLog } from "./rounds_log";
import { RoundsModel } from "./rounds_model";
import { RoundsStrip } from "./rounds_strip";
import { StopBar } from "./stop_bar";
import { Timeline } from "./timeline";
import { TimelinePanel } from "./timeline_panel";

const HOUSEKEEPING_MS = 250;

export async function startRounds(
  host: HTMLElement,
  client: RoundsClient,
  areas: readonly AreaName[],
  here: AreaName,
): Promise<void> {
  const council = await sooner(host, () => client.council());
  setTimeZone(council.timezone);
  document.title = `${words.rounds.title(council.name)} · ${words.product}`;
  const model = new RoundsModel(council);
  keepTheme(model);
  const commands = new RoundsCommands(model, client);
  const prices = new PriceDesk(
    (question, signal) => client.price(question, signal),
    () => model.changed("drag"),
    failureWords,
  );
  const help = new HelpSheet(words.rounds.help);
  const exports = new ExportMenu(model, client);
  const timeline = new Timeline(model, commands, prices);
  const move = new MoveSheet(model, commands, prices);
  const add = new AddSheet(model, commands);
  const bar = new StopBar(model, commands, {
    openMove: () => move.open(),
    openAdd: () => add.open(),
    sheetUrl: (vehicle) => client.exportUrl("sheet.pdf", vehicle),
  });
  const panel = new TimelinePanel(model, timeline, bar, move.root, add.root);
  const map = new RoundsMap(model, (lon, lat) => add.at(lon, lat));
  const adjust = () => {
    void commands.stopToAdjust().then((stop) => {
      if (stop !== null) move.open(stop);
    });
  };
  const strip = new RoundsStrip(
    model,
    { toggleTheme: () => commands.toggleTheme(), toggleHelp: () => help.toggle() },
    exports.root,
  );
  strip.root.prepend(new ViewSwitch(areas, here).root);
  map.root.append(
    new RoundsBanner(model).root,
    el("div", { class: "map-foot" }, el("div", { class: "map-bar" }, legend(), el("p", { class: "attribution" }, council.attribution))),
  );
  const side = el(
    "main",
    { class: "panel" },
    new ChangeList({ model, commands, adjust }).root,
    new RefusedList(model).root,
    new ClusterList(model, commands).root,
    new RoundsLog(model, commands).root,
  );
  host.classList.add("rounds-view");
  host.replaceChildren(strip.root, map.root, panel.root, side, help.root, new RoundsAnnouncer(model).root);
  listenToRoundsKeys({ model, commands, timeline, panel, move, add, exports, help, map: map.root, adjust });
  keepHouse(model, openStream(client, model));
  await map.start();
}

function legend(): HTMLElement {
  const said = words.rounds.map;
  const item = (sign: string, name: string) => el("span", {}, el("b", { "aria-hidden": "true" }, sign), ` ${name}`);
  return el(
    "p",
    { class: "rounds-legend" },
    item("■D", said.depot),
    item("▼T", said.tip),
    item("◆!", said.legendChange),
    item("◌", said.legendCluster),
    el("span", {}, said.legendDone),
  );
}

function openStream(client: RoundsClient, model: RoundsModel): LiveStream<RoundsMessages> {
  const messages: Messages<RoundsMessages> = {
    snapshot: (message) => model.takeSnapshot(message),
    day: (message) => model.takeDay(message),
    proposal: (message) => model.takeProposal(message),
    beat: (message) => model.takeBeat(message),
  };
  const stream = new LiveStream(client.streamUrl, messages, (state) => model.takeConnection(state));
  stream.open();
  return stream;
}

function keepHouse(model: RoundsModel, stream: LiveStream<RoundsMessages>): void {
  let renewedMs = Date.now();
  window.setInterval(() => {
    model.releaseWaiting(false);
    const ageS = pictureAgeS(model.health, Date.now());
    const silent = ageS === null || ageS * 1000 > RENEW_STREAM_MS;
    if (!silent || model.health.connection !== "live" || Date.now() - renewedMs < RENEW_STREAM_MS) return;
    renewedMs = Date.now();
    stream.renew();
  }, HOUSEKEEPING_MS);
}
