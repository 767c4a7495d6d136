/** Colours of the stops on the map, told to it only where they changed. Never draws anything else. */
import type { Map as GlMap } from "maplibre-gl";
import { STOPS } from "./map_base";
import { roundColour } from "./round_palette";
import type { RoundsModel } from "./rounds_model";

export class StopPaint {
  private shown: string[] = [];

  constructor(
    private readonly map: GlMap,
    private readonly model: RoundsModel,
  ) {}

  show(): void {
    const { model } = this;
    for (const [id, stop] of model.council.stops.id.entries()) {
      const at = model.places.get(stop);
      const colour = at ? roundColour(model.index.order.get(at.round.vehicle) ?? 0, model.dark) : null;
      const dim = model.vehicle !== null && at?.round.vehicle !== model.vehicle;
      const done = at?.done ?? false;
      const key = `${colour} ${done} ${dim}`;
      if (this.shown[id] === key) continue;
      this.shown[id] = key;
      this.map.setFeatureState({ source: STOPS, id }, { colour, done, dim });
    }
  }
}
