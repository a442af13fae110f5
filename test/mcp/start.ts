import type { BearwardEvent, ResourceServerOptions } from '@bearward/core'
import type { McpGuardOptions } from '@bearward/mcp'
import { closing } from '../support/closing.ts'
import { BEARWARD, RULES } from './fixture.ts'
import { type McpResponse, send, type Sent } from './requests.ts'
import type { GuardedServer, McpFramework, McpMount, SeenCall } from './servers.ts'

/** A running server, and the calls of its handler. */
export interface Started extends GuardedServer {
  /** The calls of the handler, in order. */
  readonly seen: SeenCall[]
  readonly events: BearwardEvent[]
  send(sent: Sent): Promise<McpResponse>
  /** Returns the reasons of the refusals since the last call of this function. */
  takeReasons(): readonly string[]
}

/** Options that replace the options of the fixture. `undefined` removes an option. */
type Changed<T> = { readonly [name in keyof T]?: T[name] | undefined }

/** Differences from the guard and the server of the fixture. */
export interface Differences extends Partial<Omit<McpMount, 'bearward' | 'guard'>> {
  readonly bearward?: Changed<ResourceServerOptions>
  readonly guard?: Changed<McpGuardOptions>
}

/** Starts a server with the guard of the fixture. It is closed at the end of the test. */
export async function start(
  framework: McpFramework,
  { bearward, guard, handle = () => ({ handled: true }), ...more }: Differences = {},
): Promise<Started> {
  const seen: SeenCall[] = []
  const events: BearwardEvent[] = []
  const server = await framework.start({
    bearward: {
      ...BEARWARD,
      onEvent: (event) => events.push(event),
      ...bearward,
    } as ResourceServerOptions,
    guard: { ...RULES, ...guard } as McpGuardOptions,
    handle(call) {
      seen.push(call)
      return handle(call)
    },
    ...more,
  })
  return closing({
    ...server,
    seen,
    events,
    send: (sent) => send(server.port, sent),
    takeReasons: () =>
      events.splice(0).flatMap((event) => (event.type === 'refused' ? [event.reason] : [])),
  })
}
