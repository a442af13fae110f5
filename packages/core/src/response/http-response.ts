/**
 * Header fields of a response, by canonical name. A field with several lines has an array of values. Do not change the arrays:
 * they are mutable in the type because Koa and Fastify do not accept readonly arrays.
 */
export type ResponseHeaders = Readonly<Record<string, string | string[]>>

/** A complete response. An adapter only writes it. */
export interface HttpResponse {
  readonly status: number
  /** Header fields of the response. All values are safe in a header. */
  readonly headers: ResponseHeaders
  readonly body: string
}
