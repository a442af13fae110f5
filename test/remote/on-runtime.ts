import {
  type Elsewhere,
  type Framework,
  type FrameworkChanges,
  JOINED_LINES,
  type Mount,
} from '../frameworks/framework.ts'
import type { RunningServer } from '../support/servers.ts'
import { startControl } from './control.ts'
import { encodeMount } from './encode-mount.ts'
import type { HostSetup } from './host.ts'

/** Another runtime, with a function that starts mounts in one process. */
export interface Runtime {
  readonly name: string
  readonly changes: FrameworkChanges
  start(setups: readonly HostSetup[]): Promise<RunningHosts>
}

/** A process of another runtime with one server for each mount. */
export interface RunningHosts {
  /** The ports of the servers, in the order of the mounts. */
  readonly ports: readonly number[]
  /** The text that the process has written, such as uncaught errors. */
  readonly output: () => string
  close(): Promise<void>
}

/** The adapter `@bearward/fetch` in another runtime. */
export function onRuntime({ name, changes, start }: Runtime): Framework {
  const elsewhere: Elsewhere = { startAll: (mounts) => startMounts(mounts, start) }
  return {
    name: `fetch on ${name}`,
    changes: { joinedLines: JOINED_LINES, ...changes },
    elsewhere,
    start: async (mount) => (await elsewhere.startAll([mount]))[0]!,
  }
}

async function startMounts(
  mounts: readonly Mount[],
  start: Runtime['start'],
): Promise<RunningServer[]> {
  const control = await startControl()
  const hosts = await start(
    mounts.map((mount) => ({ mount: encodeMount(mount, control), control: control.url })),
  )
  let open = mounts.length
  /**
   * Ends the process when the last server is closed. Throws if the process has written something, because no test may cause
   * output.
   */
  async function close(): Promise<void> {
    open -= 1
    if (open > 0) return
    await Promise.all([hosts.close(), control.close()])
    if (hosts.output() !== '') throw new Error(`The runtime has written:\n${hosts.output()}`)
  }
  return hosts.ports.map((port) => ({ url: `http://127.0.0.1:${port}`, port, close }))
}
