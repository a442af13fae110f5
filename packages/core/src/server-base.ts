import type { RequirementSettings } from './authorization/read-requirements.ts'
import type { GuardedIssuers } from './authorization/requirement.ts'
import type { Settings } from './model/settings.ts'
import type { ExchangeServices } from './request/exchange.ts'
import type { ResourceServer } from './resource-server.ts'

/** The objects on which all guards of a resource server are built. */
export interface ServerBase {
  readonly settings: Settings
  readonly services: ExchangeServices
  readonly issuers: GuardedIssuers
  readonly requirementSettings: RequirementSettings
  readonly verify: ResourceServer['verify']
}

/** The `ServerBase` of each resource server, by its function `close`. Copies of a resource server have the same `close`. */
const known = new WeakMap<ResourceServer['close'], ServerBase>()

/** Returns the `ServerBase` of a resource server, or of an object that has the function `close` of a resource server. */
export function getServerBase(server: Pick<ResourceServer, 'close'>): ServerBase | undefined {
  return known.get(server.close)
}

export function setServerBase(close: ResourceServer['close'], base: ServerBase): void {
  known.set(close, base)
}
