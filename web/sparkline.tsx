/** Numbers as bars beside each other, the largest as high as the row; the words say what they are. */
const barWidth = 3;
const height = 16;

export function Sparkline({ values, label }: { readonly values: readonly number[]; readonly label: string }) {
  const largest = Math.max(1, ...values);
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${values.length * barWidth} ${height}`}
      width={values.length * barWidth}
      height={height}
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      {values.map((value, index) => {
        // What is not nothing is to be seen.
        const high = value === 0 ? 0 : Math.max(1, (value / largest) * height);
        return <rect key={index} x={index * barWidth} y={height - high} width={barWidth - 1} height={high} />;
      })}
    </svg>
  );
}
