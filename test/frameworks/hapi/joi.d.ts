/** Types of the validation library joi, which the types of hapi refer to. It is neither installed nor used here. */
declare module 'joi' {
  export type Root = unknown
  export type Schema = never
  export type ObjectSchema<_T> = never
  export type SchemaMap = never
  export type ValidationOptions = object
}
