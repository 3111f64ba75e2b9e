/** What the browser tells of the device: power, network, whether anyone looks. Most tell only a part. */

interface Battery extends EventTarget {
  readonly charging: boolean;
}

interface NetworkInformation extends EventTarget {
  readonly type?: string;
}

type TellingNavigator = Navigator & {
  getBattery?(): Promise<Battery>;
  connection?: NetworkInformation;
};

const HOME_NETWORKS = new Set(["wifi", "ethernet"]);
const METERED = new Set(["cellular", "bluetooth", "wimax"]);

export class DeviceState {
  private battery: Battery | null = null;
  private readonly onChange: () => void;

  /** `onChange` is called when any of it changes. */
  constructor(onChange: () => void) {
    this.onChange = onChange;
    document.addEventListener("visibilitychange", onChange);
    const { connection } = navigator as TellingNavigator;
    connection?.addEventListener?.("change", onChange);
    void this.findBattery();
  }

  get plugged(): boolean | null {
    return this.battery?.charging ?? null;
  }

  get wifi(): boolean | null {
    const type = (navigator as TellingNavigator).connection?.type ?? "";
    if (HOME_NETWORKS.has(type)) return true;
    return METERED.has(type) ? false : null;
  }

  get visible(): boolean {
    return !document.hidden;
  }

  private async findBattery(): Promise<void> {
    try {
      this.battery = (await (navigator as TellingNavigator).getBattery?.()) ?? null;
    } catch {
      return; // a frame or a browser that does not allow it
    }
    this.battery?.addEventListener("chargingchange", this.onChange);
    this.onChange();
  }
}
