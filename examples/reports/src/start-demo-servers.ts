import { createCookieJar } from '@bearward/example-authorization-server'
import type { CookieJar } from '@bearward/example-authorization-server'
import { getMachineToken, READ, startServers } from '@bearward/example-shared'
import type { DescribedToken, RunningApi, RunningServers } from '@bearward/example-shared'
import type { BearwardEvent, RefusedEvent } from '@bearward/express'
import { type BoundClient, createBoundClient } from './bound-token.ts'
import { signInHere } from './challenged-clients.ts'
import { startApi } from './start-api.ts'

/** Servers of the demo. */
export interface DemoServers extends RunningServers {
  /** A machine's token for the steps after the authorization server has stopped. */
  readonly unusedToken: DescribedToken
  /** The browser in which Ada has signed in at the beginning. */
  readonly browser: CookieJar
  /** Ada's token of this sign-in. */
  readonly earlyToken: DescribedToken
  /** A client whose token is bound to its key. */
  readonly boundClient: BoundClient
  /** Starts a second API, which has not fetched the keys yet. */
  readonly startAnotherApi: () => Promise<RunningApi>
  /** Returns the latest refusal and forgets it. */
  readonly takeRefusal: () => RefusedEvent | undefined
}

/** Starts the servers, requests a token for the last two steps, and signs Ada in. */
export async function startDemoServers(): Promise<DemoServers> {
  let refusal: RefusedEvent | undefined
  const onEvent = (event: BearwardEvent): void => {
    if (event.type === 'refused') refusal = event
  }
  const servers = await startServers((issuer, port) => startApi(issuer, port, onEvent))
  const { issuer } = servers.authorizationServer
  const moreApis: RunningApi[] = []
  const boundClient = createBoundClient(issuer)
  const browser = createCookieJar()
  return {
    ...servers,
    unusedToken: await getMachineToken(issuer, READ),
    browser,
    earlyToken: await signInHere(issuer, browser),
    boundClient,
    async startAnotherApi() {
      const api = await startApi(issuer, 0, onEvent)
      moreApis.push(api)
      return api
    },
    takeRefusal() {
      const taken = refusal
      refusal = undefined
      return taken
    },
    async close() {
      boundClient.close()
      await Promise.all([servers, ...moreApis].map((server) => server.close()))
    },
  }
}
