import { startAuthorizationServer } from '@bearward/example-authorization-server'
import { AUTHORIZATION_SERVER, machineCredential, READ } from '@bearward/example-story'
import type { Credential, ExplainedRefusal, RunningApi, Stage } from '@bearward/example-story'
import type { BearwardEvent } from '@bearward/express'
import { startApi } from './running-api.ts'

/** Where the whole story plays. */
export interface ReportsStage extends Stage {
  /** A machine's token, got in time for the scenes after the authorization server is gone. */
  readonly spare: Credential
  /** A further API, which has not seen the authorization server yet. */
  readonly startFreshApi: () => Promise<RunningApi>
  /** Why an API has just refused a request, as only the API knows it. Each refusal is told once. */
  takeRefusal(): ExplainedRefusal | undefined
  close(): Promise<void>
}

export async function setStage(): Promise<ReportsStage> {
  const authorizationServer = await startAuthorizationServer(AUTHORIZATION_SERVER)
  const { issuer } = authorizationServer
  const apis: RunningApi[] = []
  let refusal: ExplainedRefusal | undefined
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
    spare: await machineCredential(issuer, READ),
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
