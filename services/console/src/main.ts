/**
 * Starts the console: finds the area, makes the model and the views, opens the stream, keeps the house in order.
 * The only file that knows all the parts.
 */
import "./style/tokens.css";
import "./style/layout.css";
import "./style/strip.css";
import "./style/moves.css";
import "./style/panel.css";
import "./style/map.css";
import "./style/choices.css";
import "./style/advice.css";
import "./style/what_if.css";
import "./style/clusters.css";
import "./style/view_switch.css";
import { ApiClient } from "./api/client";
import { LiveStream, type Messages } from "./api/live_stream";
import { RoundsClient } from "./api/rounds_client";
import type { AreaName, CoverMessages } from "./api/types";
import { el } from "./dom/element";
import { sooner } from "./dom/sooner";
import { listenToKeys } from "./keys/keyboard";
import { LayerSwitch } from "./map/layer_switch";
import { Legend } from "./map/legend";
import { MapView } from "./map/map_view";
import { Announcer } from "./panel/announcer";
import { ClusterList } from "./panel/cluster_list";
import { DecisionLog } from "./panel/decision_log";
import { Frontier } from "./panel/frontier";
import { GoingOut } from "./panel/going_out";
import { HelpSheet } from "./panel/help_sheet";
import { MovesList } from "./panel/moves_list";
import { StandingBy } from "./panel/standing_by";
import { UnderWayList } from "./panel/under_way";
import { startEngine } from "./engine/view";
import { startRounds } from "./rounds/view";
import { ClusterDesk } from "./state/cluster_desk";
import { Commands } from "./state/commands";
import { ConsoleModel } from "./state/console_model";
import { Desk } from "./state/desk";
import { pictureAgeS, RENEW_STREAM_MS } from "./state/health";
import { keepTheme } from "./state/theme";
import { WhatIfDesk } from "./state/what_if_desk";
import { Banner } from "./strip/banner";
import { Strip } from "./strip/strip";
import { ViewSwitch } from "./strip/view_switch";
import { WhatIfPanel } from "./what_if/what_if_panel";
import { words } from "./words/catalogue";
import { setTimeZone } from "./words/format";

const HOUSEKEEPING_MS = 250;

async function findArea(client: ApiClient): Promise<{ areas: AreaName[]; here: AreaName }> {
  const areas = await client.areas();
  const asked = new URLSearchParams(window.location.search).get("area");
  const here =
    asked === null
      ? (areas.find((a) => a.kind !== "council") ?? areas[0])
      : (areas.find((a) => a.area === asked) ?? { area: asked, name: asked });
  if (here === undefined) throw new Error("the server serves no area");
  return { areas, here };
}

function openStream(client: ApiClient, model: ConsoleModel, desk: Desk): LiveStream<CoverMessages> {
  const messages: Messages<CoverMessages> = {
    snapshot: (message) => {
      model.takeSnapshot(message);
      desk.confirm(message.picture.decisions);
    },
    picture: (message) => {
      model.takeDelta(message);
      desk.confirm(message.decisions);
    },
    plan: (message) => model.takePlan(message),
    zones: (message) => model.takeZones(message),
    beat: (message) => model.takeBeat(message),
  };
  const stream = new LiveStream(client.streamUrl(model.region.area), messages, (state) => model.takeConnection(state));
  stream.open();
  return stream;
}

function keepHouse(model: ConsoleModel, stream: LiveStream<CoverMessages>): void {
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

async function start(host: HTMLElement): Promise<void> {
  const client = new ApiClient();
  const { areas, here } = await sooner(host, () => findArea(client));
  if (new URLSearchParams(window.location.search).get("view") === "engine") return startEngine(host, areas, here);
  if (here.kind === "council") return startRounds(host, new RoundsClient(here.area), areas, here);
  const region = await sooner(host, () => client.region(here.area));
  setTimeZone(region.timezone);
  document.title = `${region.name} · ${words.product}`;
  const model = new ConsoleModel(region);
  keepTheme(model);
  const desk = new Desk(client, region.area, () => model.changed("desk"));
  const commands = new Commands(model, desk);
  const clusters = new ClusterDesk(model, client, commands);
  const help = new HelpSheet();
  const whatIf = new WhatIfDesk(model, client);
  const whatIfPanel = new WhatIfPanel(model, whatIf);
  const map = new MapView(model, commands, client, whatIf, clusters);
  const frontier = new Frontier(model, commands);
  const panel = el(
    "main",
    { class: "panel" },
    new MovesList(model, commands).root,
    new ClusterList(model, clusters).root,
    new UnderWayList(model, commands, desk).root,
    new StandingBy(model, commands).root,
    frontier.root,
    new DecisionLog(model).root,
  );
  map.root.append(
    new Banner(model).root,
    el(
      "div",
      { class: "map-foot" },
      map.signs.root,
      new Legend(model).root,
      el(
        "div",
        { class: "map-bar" },
        new LayerSwitch(model).root,
        whatIfPanel.button,
        el("p", { class: "attribution" }, region.attribution),
      ),
    ),
    el("div", { class: "map-aside" }, new GoingOut(model).root, whatIfPanel.root),
    help.root,
  );
  const strip = new Strip(model, commands, help);
  strip.root.prepend(new ViewSwitch(areas, here).root);
  host.replaceChildren(strip.root, map.root, panel, new Announcer(model).root);
  listenToKeys({ model, commands, whatIf, clusters, help, frontier, map: map.root });
  const stream = openStream(client, model, desk);
  keepHouse(model, stream);
  await map.start();
}

const host = document.getElementById("console");
if (host) void start(host);
