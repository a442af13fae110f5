import Koa from 'koa2'
import { onKoa } from '../support/on-koa.ts'
import { describeContract } from './run-contract.ts'

describeContract(onKoa('Koa 2', () => new Koa()))
