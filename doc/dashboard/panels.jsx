// SPDX-License-Identifier: Apache-2.0
// The panels of a dashboard, drawn with Grafana's own components from what Prometheus answered (draw.mjs).

import { createRoot } from "react-dom/client";
import {
  FieldType,
  applyFieldOverrides,
  createDataFrame,
  createTheme,
  dateTime,
  getFieldDisplayValues,
  getValueFormats,
  identityOverrideProcessor,
  standardFieldConfigEditorRegistry,
} from "@grafana/data";
import { BigValue, GlobalStyles, PanelChrome, ThemeContext, TimeSeries } from "@grafana/ui";

const theme = createTheme({ colors: { mode: "dark" } });
const timeZone = "utc";

const units = new Set(getValueFormats().flatMap((group) => group.submenu.map((format) => format.value)));

// What Grafana adds to the settings of a time series that the dashboard does not name.
const ofSeries = {
  drawStyle: "line",
  lineInterpolation: "linear",
  lineWidth: 1,
  fillOpacity: 0,
  gradientMode: "none",
  showPoints: "auto",
  pointSize: 5,
  spanNulls: false,
  axisPlacement: "auto",
  axisColorMode: "text",
  scaleDistribution: { type: "linear" },
  stacking: { mode: "none", group: "A" },
  hideFrom: { legend: false, tooltip: false, viz: false },
};

// The settings of a field. Grafana fills this registry itself, with their editors.
const settings = ["unit", "min", "max", "decimals", "color", "thresholds", "displayName", "mappings", "noValue"];
const own = [...Object.keys(ofSeries), "axisSoftMax"];
const setting = (path, isCustom) => ({
  id: isCustom ? `custom.${path}` : path,
  path,
  name: path,
  isCustom,
  process: identityOverrideProcessor,
  shouldApply: () => true,
});
standardFieldConfigEditorRegistry.setInit(() => [...settings.map((path) => setting(path, false)), ...own.map((path) => setting(path, true))]);

function frameOf({ refId, name, labels, interval, times, values }) {
  const time = { name: "Time", type: FieldType.time, values: times, config: { interval } };
  const value = { name: "Value", type: FieldType.number, values, labels, config: { displayNameFromDS: name } };
  return createDataFrame({ refId, fields: [time, value] });
}

function fieldsOf({ panel, answers }, custom = {}) {
  const { defaults, overrides } = panel.fieldConfig;
  if (!units.has(defaults.unit)) throw new Error(`${panel.title}: Grafana has no unit ${defaults.unit}`);
  for (const name of Object.keys(defaults.custom)) if (!own.includes(name)) throw new Error(`${panel.title}: no setting custom.${name}`);
  const fieldConfig = { defaults: { ...defaults, custom: { ...custom, ...defaults.custom } }, overrides };
  const data = applyFieldOverrides({
    data: answers.map(frameOf),
    fieldConfig,
    fieldConfigRegistry: standardFieldConfigEditorRegistry,
    replaceVariables: (text) => text,
    theme,
    timeZone,
  });
  return { data, fieldConfig };
}

function Stat({ drawn, width, height }) {
  const { options } = drawn.panel;
  const values = getFieldDisplayValues({
    ...fieldsOf(drawn),
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    sparkline: options.graphMode !== "none",
    theme,
    timeZone,
  });
  return values.map(({ display, sparkline }, n) => (
    <BigValue key={n} count={values.length} value={display} sparkline={sparkline} width={width / values.length} height={height} theme={theme}
      colorMode={options.colorMode} graphMode={options.graphMode} justifyMode={options.justifyMode} textMode={options.textMode} />
  ));
}

function Series({ drawn, timeRange, width, height }) {
  return <TimeSeries frames={fieldsOf(drawn, ofSeries).data} timeRange={timeRange} timeZone={timeZone} width={width} height={height}
    legend={drawn.panel.options.legend} />;
}

// By the type of a panel.
const drawings = { stat: Stat, timeseries: Series };

// Grafana's grid: 24 columns, rows of 30 pixels, 8 pixels between two panels.
const [COLUMNS, ROW, GAP] = [24, 30, 8];

function place({ x, y, w, h }, width) {
  const column = (width - (COLUMNS - 1) * GAP) / COLUMNS;
  return { left: x * (column + GAP), top: y * (ROW + GAP), width: w * (column + GAP) - GAP, height: h * (ROW + GAP) - GAP };
}

function Panel({ drawn, timeRange, width }) {
  const Drawing = drawings[drawn.panel.type];
  if (!Drawing) throw new Error(`${drawn.panel.title}: no drawing of the type ${drawn.panel.type}`);
  const { left, top, ...size } = place(drawn.panel.gridPos, width);
  return (
    <div style={{ position: "absolute", left, top, ...size }}>
      <PanelChrome {...size} title={drawn.panel.title} description={drawn.panel.description} padding={drawn.panel.type === "stat" ? "none" : "md"}>
        {(innerWidth, innerHeight) => <Drawing drawn={drawn} timeRange={timeRange} width={innerWidth} height={innerHeight} />}
      </PanelChrome>
    </div>
  );
}

window.draw = ({ panels, from, to, width }) => {
  const timeRange = { from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } };
  const bottom = Math.max(...panels.map(({ panel }) => place(panel.gridPos, width)).map(({ top, height }) => top + height));
  createRoot(document.getElementById("dashboard")).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles isExtensionSidebarOpen={false} />
      <div style={{ position: "relative", width, height: bottom }}>
        {panels.map((drawn) => <Panel key={drawn.panel.id} drawn={drawn} timeRange={timeRange} width={width} />)}
      </div>
    </ThemeContext.Provider>,
  );
};
