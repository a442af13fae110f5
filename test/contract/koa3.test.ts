import Koa from 'koa'
import { onKoa } from '../support/on-koa.ts'
import { describeContract } from './run-contract.ts'

describeContract(onKoa('Koa 3', () => new Koa()))
