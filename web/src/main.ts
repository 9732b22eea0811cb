import { mount } from 'svelte'
import Page from './panels/Page.svelte'
import './styles.css'

const target = document.getElementById('page')
if (target) mount(Page, { target })
