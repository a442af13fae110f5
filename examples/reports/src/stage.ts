import { startAuthorizationServer } from '@bearward/example-authorization-server'
import type { AuthorizationServer } from '@bearward/example-authorization-server'
import type { BearwardEvent } from '@bearward/express'
import { AUTHORIZATION_SERVER } from './cast.ts'
import { machineCredential } from './credential.ts'
import type { Credential } from './credential.ts'
import { startApi } from './running-api.ts'
import type { RunningApi } from './running-api.ts'

/** Why an API refused a request, as only the API knows it. */
export type Refusal = Extract<BearwardEvent, { type: 'refused' }> & {
  /** What to configure, where nobody knew who the caller was. */
  readonly advice?: string
}

/** Where the story plays: an authorization server and an API, both listening on loopback. */
export interface Stage {
  readonly authorizationServer: AuthorizationServer
  readonly api: RunningApi
  /** A machine's token, got in time for the scenes after the authorization server is gone. */
  readonly spare: Credential
  /** A further API, which has not seen the authorization server yet. */
  readonly startFreshApi: () => Promise<RunningApi>
  /** Why an API has just refused a request. Each refusal is told once. */
  takeRefusal(): Refusal | undefined
  close(): Promise<void>
}

export async function setStage(): Promise<Stage> {
  const authorizationServer = await startAuthorizationServer(AUTHORIZATION_SERVER)
  const { issuer } = authorizationServer
  const apis: RunningApi[] = []
  let refusal: Refusal | undefined
  let advice: string | undefined
  const onEvent = (event: BearwardEvent): void => {
    if (event.type === 'subject_unknown') advice = event.advice
    if (event.type !== 'refused') return
    refusal = { ...event, ...(advice !== undefined && { advice }) }
    advice = undefined
  }
  const startFreshApi = async (): Promise<RunningApi> => {
    const api = await startApi({ issuer, onEvent })
    apis.push(api)
    return api
  }
  return {
    authorizationServer,
    api: await startFreshApi(),
    spare: await machineCredential(issuer, 'read:reports'),
    startFreshApi,
    takeRefusal() {
      const taken = refusal
      refusal = undefined
      return taken
    },
    async close() {
      await Promise.all([authorizationServer, ...apis].map((server) => server.close()))
    },
  }
}
