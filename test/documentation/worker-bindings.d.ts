/** The bindings of the Workers in docs/cloudflare-workers.md, as `wrangler types` generates them. */
declare namespace Cloudflare {
  interface Env {
    readonly ISSUER: string
    readonly AUDIENCE: string
    readonly AUDIT_LOG: string
    readonly USED_PROOFS: {
      getByName(name: string): { firstUse(id: string, ttl: number): Promise<boolean> }
    }
  }
}
interface Env extends Cloudflare.Env {}
