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

/** Maps the function `close` of a resource server to its objects. Copies of a resource server have the same `close`. */
const known = new WeakMap<ResourceServer['close'], ServerBase>()

/** Returns the objects of a resource server. Also accepts an object that was created from a resource server. */
export function getServerBase(server: Pick<ResourceServer, 'close'>): ServerBase | undefined {
  return known.get(server.close)
}

export function setServerBase(close: ResourceServer['close'], base: ServerBase): void {
  known.set(close, base)
}
