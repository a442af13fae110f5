import type { Guard, Requirements, ResourceServer } from '../../src/index.ts'

/** Returns a function that calls a guard of the server. `getToken` then returns the token of a granted request. */
export function createGuardCaller(server: ResourceServer) {
  return (request: Parameters<Guard>[0], ...requirements: [Requirements?]): ReturnType<Guard> =>
    server.guard(...requirements)(request)
}
