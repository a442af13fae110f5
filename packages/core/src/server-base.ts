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

/** The objects, by the function `close` of the resource server: copies of a resource server share this function. */
const known = new WeakMap<ResourceServer['close'], ServerBase>()

/** Returns these objects for a resource server, or for an object that was created from it. */
export function getServerBase(server: Pick<ResourceServer, 'close'>): ServerBase | undefined {
  return known.get(server.close)
}

export function setServerBase(close: ResourceServer['close'], base: ServerBase): void {
  known.set(close, base)
}
